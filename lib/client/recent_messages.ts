/**
 * Remembers which recent messages were echoed, without the messages themselves.
 *
 * @module
 */

/** The number of messages to remember: the fastest client sends so many in about a second. */
const MAX_MESSAGES = 65_536;

/** A map from the hash of a message to whether the message was echoed. Drops the oldest entries. */
export class RecentMessages {
  readonly #echoed = new Map<number, boolean>();

  /** Adds a message, or replaces its entry. */
  add(payload: Uint8Array, echoed: boolean): void {
    const key = hash(payload);
    this.#echoed.delete(key);
    this.#echoed.set(key, echoed); // a map keeps insertion order, so this entry is now the newest
    if (this.#echoed.size > MAX_MESSAGES) this.#echoed.delete(this.#echoed.keys().next().value!);
  }

  /** Returns whether a message was echoed, or undefined for an unknown message. */
  get(payload: Uint8Array): boolean | undefined {
    return this.#echoed.get(hash(payload));
  }
}

/** Computes 53 bits from two FNV-1a hashes with different offsets and primes. */
function hash(bytes: Uint8Array): number {
  let high = 0x811c9dc5, low = bytes.length;
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x85ebca6b) + 1 | 0;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
