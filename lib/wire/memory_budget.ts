/**
 * A bound for the memory of all connections together.
 *
 * @module
 */

/** A number of bytes that all connections share. */
export class MemoryBudget {
  #free: number;

  /** All of `bytes` are free. */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Takes `bytes`; false, and nothing is taken, when fewer are free. */
  tryAcquire(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  /** Gives `bytes` back. */
  release(bytes: number): void {
    this.#free += bytes;
  }
}
