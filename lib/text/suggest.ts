/**
 * What a person may have meant by a word that is not known.
 *
 * @module
 */
import { levenshteinDistance } from "../std.ts";

/** A beginning of so many letters is enough to know a word by. */
const MIN_BEGINNING = 3;

/** The known word that `word` begins, or that is closest to it; null where none is close. */
export function suggestion(word: string, known: readonly string[]): string | null {
  const begun = known.filter((it) => word.length >= MIN_BEGINNING && it.startsWith(word));
  if (begun.length === 1) return begun[0]!;
  const byDistance = known.map((it) => ({ it, distance: levenshteinDistance(word, it) }))
    .sort((a, b) => a.distance - b.distance);
  const [closest] = byDistance;
  // Every third letter may be wrong, but one at least.
  const isClose = closest !== undefined && closest.distance <= Math.max(1, word.length / 3);
  return isClose ? closest.it : null;
}
