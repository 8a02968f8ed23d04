/**
 * A bound for what many take of one thing.
 *
 * @module
 */

/** Bytes of memory that all connections share. */
export class MemoryBudget {
  #free: number;

  /** Has `bytes` to give. */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Takes `bytes`; false, and nothing is taken, where there are not as many. */
  tryAcquire(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(bytes: number): void {
    this.#free += bytes;
  }
}
