/**
 * How much a terminal is given: no more than a person can see.
 *
 * @module
 */

/** More lines than these in so many milliseconds only scroll by, and cost the echo its speed. */
const MOST = { lines: 200, ms: 100 };

/** Counts lines, and tells when there are too many for a person. */
export class Pace {
  #lines = 0;
  #end = -Infinity;

  /** Whether so many more lines may be shown at `now`, in milliseconds that never run backwards. */
  allows(lines: number, now: number = performance.now()): boolean {
    if (now >= this.#end) {
      this.#end = now + MOST.ms;
      this.#lines = 0;
    }
    this.#lines += lines;
    return this.#lines <= MOST.lines;
  }
}
