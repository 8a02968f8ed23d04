/**
 * Times in buckets, as Prometheus' histograms have them: cheap to count and to add.
 *
 * @module
 */

/** The upper bounds of the buckets, in seconds. There is one more bucket, for what is longer. */
export const WRITE_BOUNDS: readonly number[] = [
  ...[10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6],
  ...[1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1, 10],
];

/** The same for handshakes. */
export const HANDSHAKE_BOUNDS: readonly number[] = [
  ...[1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3],
  ...[1, 2.5, 5, 10],
];

/** How many times there were, by their lengths. Which bounds it has is known to its user. */
export interface Buckets {
  /** By bucket: those that are longer than the bucket before and not longer than its bound. */
  counts: number[];
  /** Of all, in seconds. */
  sum: number;
}

/** Empty buckets for `bounds`. */
export function emptyBuckets(bounds: readonly number[]): Buckets {
  return { counts: new Array(bounds.length + 1).fill(0), sum: 0 };
}

/** Counts a time of so many seconds. */
export function observe(buckets: Buckets, bounds: readonly number[], seconds: number): void {
  let at = 0;
  while (at < bounds.length && seconds > bounds[at]!) at++;
  buckets.counts[at]!++;
  buckets.sum += seconds;
}

/** How many times there were. */
export function countIn({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What `later` has and `earlier` has not. */
export function since(later: Buckets, earlier: Buckets): Buckets {
  const counts = later.counts.map((count, at) => count - earlier.counts[at]!);
  return { counts, sum: later.sum - earlier.sum };
}

/**
 * The time that a share of them (0 to 1) do not exceed, in seconds, as far as the buckets can tell;
 * null where there are none.
 */
export function quantile(
  buckets: Buckets,
  bounds: readonly number[],
  share: number,
): number | null {
  const rank = share * countIn(buckets);
  if (rank === 0) return null;
  let below = 0;
  for (const [at, count] of buckets.counts.entries()) {
    const high = bounds[at];
    if (high === undefined) break; // longer than the last bound: how long is not known
    const low = bounds[at - 1] ?? 0;
    if (below + count >= rank) return low + (high - low) * ((rank - below) / count);
    below += count;
  }
  return bounds.at(-1)!;
}
