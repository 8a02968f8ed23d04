/**
 * Bytes that come in many pieces, in one buffer. A list of pieces would cost a hundred bytes for each,
 * and a peer chooses how small they are.
 *
 * @module
 */

const INITIAL_BYTES = 256;

/** Appends pieces, and has all of them as one. */
export class GrowingBuffer {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** How many bytes are in it. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes of memory it has. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** The memory that it would have after `count` more bytes. */
  capacityFor(count: number): number {
    const needed = this.#length + count;
    if (needed <= this.capacity) return this.capacity;
    return Math.max(INITIAL_BYTES, needed, this.capacity * 2);
  }

  /** Copies a piece to its end. */
  append(piece: Uint8Array): void {
    const capacity = this.capacityFor(piece.length);
    if (capacity > this.capacity) {
      const larger = new Uint8Array(capacity);
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** All bytes so far, as a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
