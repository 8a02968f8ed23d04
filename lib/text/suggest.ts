/**
 * What a person may have meant by a word that is not known.
 *
 * @module
 */
import { levenshteinDistance } from "../std.ts";

/** The known word that is closest to `word`; null where none is close. */
export function suggestion(word: string, known: readonly string[]): string | null {
  const byDistance = known.map((it) => ({ it, distance: levenshteinDistance(word, it) }))
    .sort((a, b) => a.distance - b.distance);
  const [closest] = byDistance;
  // Every third letter may be wrong, but one at least.
  const isClose = closest !== undefined && closest.distance <= Math.max(1, word.length / 3);
  return isClose ? closest.it : null;
}
