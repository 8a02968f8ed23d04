/**
 * What became of the messages of the recent past, without keeping them.
 *
 * @module
 */

/** How many are remembered: what is sent by the fastest client in about a second. */
const MAX_MESSAGES = 65_536;

/** Messages, and whether each was echoed; the oldest are forgotten. */
export class RecentMessages {
  readonly #echoed = new Map<number, boolean>();

  /** Remembers a message. */
  add(payload: Uint8Array, echoed: boolean): void {
    const key = hash(payload);
    this.#echoed.delete(key);
    this.#echoed.set(key, echoed); // now it is the last
    if (this.#echoed.size > MAX_MESSAGES) this.#echoed.delete(this.#echoed.keys().next().value!);
  }

  /** Whether a message was echoed, or undefined for one that is not known. */
  get(payload: Uint8Array): boolean | undefined {
    return this.#echoed.get(hash(payload));
  }
}

/** 53 bits, by two hashes of the kind FNV-1a that start and multiply differently. */
function hash(bytes: Uint8Array): number {
  let high = 0x811c9dc5, low = bytes.length;
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x85ebca6b) + 1 | 0;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
