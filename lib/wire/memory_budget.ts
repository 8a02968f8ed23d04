/**
 * A bound for the memory of all connections together.
 *
 * @module
 */

/** A number of bytes that all connections share. */
export class MemoryBudget {
  readonly #size: number;
  #free: number;

  /** All of `bytes` are free. */
  constructor(bytes: number) {
    this.#size = this.#free = bytes;
  }

  /** How many bytes are taken. */
  get used(): number {
    return this.#size - this.#free;
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
