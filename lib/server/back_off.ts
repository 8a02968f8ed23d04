/**
 * Waiting longer after each failure.
 *
 * @module
 */
import { delay } from "../std.ts";

/** A delay that doubles with each failure, from `min` to `max` milliseconds. */
export class BackOff {
  readonly #bounds: { min: number; max: number };
  #delay: number;

  /** Waits `min` milliseconds after the first failure. */
  constructor(bounds: { min: number; max: number }) {
    this.#bounds = bounds;
    this.#delay = bounds.min;
  }

  /** After a success the next failure is the first again. */
  reset(): void {
    this.#delay = this.#bounds.min;
  }

  /** Waits after a failure; ends early, and never rejects, when `signal` is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    await delay(this.#delay, { signal }).catch(() => {});
    this.#delay = Math.min(this.#delay * 2, this.#bounds.max);
  }
}
