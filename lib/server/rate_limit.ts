/**
 * A rate per source, in bounded memory.
 *
 * @module
 */

/** How many sources have buckets of their own. All others at the same time share one. */
const MAX_SOURCES = 4096;

/** After this time without a datagram the bucket of a source is full again, in milliseconds. */
const REFILL_MS = 1_000;

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds. */
  time: number;
}

/** A token bucket for each source: `rate` a second, and as many at once. */
export class RateLimit {
  readonly #rate: number;
  /** In the order of their last datagram, the oldest first. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #shared: Bucket;

  /** Allows each source `rate` a second. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#shared = { tokens: rate, time: 0 };
  }

  /** Whether `source` may have one more at `now`, in milliseconds that never run backwards. */
  allows(source: string, now: number): boolean {
    const bucket = this.#bucketOf(source, now);
    const refill = (now - bucket.time) / 1000 * this.#rate;
    bucket.tokens = Math.min(this.#rate, bucket.tokens + refill);
    bucket.time = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #bucketOf(source: string, now: number): Bucket {
    const known = this.#buckets.get(source);
    if (known === undefined && !this.#makeRoom(now)) return this.#shared;
    const bucket = known ?? { tokens: this.#rate, time: now };
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket); // the last in the order
    return bucket;
  }

  /** Forgets the oldest source if its bucket is full again, as a new one would be. */
  #makeRoom(now: number): boolean {
    if (this.#buckets.size < MAX_SOURCES) return true;
    const [oldest, { time }] = this.#buckets.entries().next().value!;
    return now - time >= REFILL_MS && this.#buckets.delete(oldest);
  }
}
