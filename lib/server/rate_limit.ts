/**
 * How many per second from each source, in bounded memory.
 *
 * @module
 */

/** How many sources are kept apart; what else comes at the same time shares one allowance. */
const MAX_SOURCES = 4096;

/** How long a source that was silent has had its whole burst again, in milliseconds. */
const REFILL_MS = 1_000;

interface Bucket {
  tokens: number;
  /** When `tokens` was true, in milliseconds. */
  time: number;
}

/** A token bucket for each source: `rate` a second, and as many at once. */
export class RateLimit {
  readonly #rate: number;
  /** The one that was silent longest comes first. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #others: Bucket;

  /** Allows each source `rate` a second. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#others = { tokens: rate, time: 0 };
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
    if (known === undefined && !this.#makeRoom(now)) return this.#others;
    const bucket = known ?? { tokens: this.#rate, time: now };
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket); // now it is the last
    return bucket;
  }

  /** Forgets a source whose bucket is full again, as a new one would be. */
  #makeRoom(now: number): boolean {
    if (this.#buckets.size < MAX_SOURCES) return true;
    const [oldest, { time }] = this.#buckets.entries().next().value!;
    return now - time >= REFILL_MS && this.#buckets.delete(oldest);
  }
}
