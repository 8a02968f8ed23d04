/**
 * Closes idle and stalled clients. One timer checks all of them, so active clients pay nothing.
 *
 * @module
 */

/** How often all are checked, in milliseconds: bounds, and how often within the shortest timeout. */
const CHECK_INTERVAL_MS = { min: 20, max: 1_000, perTimeout: 4 };

/** How often `Ticking` is called, in milliseconds. */
const TICK_MS = 20;

/** Something with timeouts of its own. */
export interface Monitored {
  /** Acts on its timeouts; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void;
}

/** Something that waits for a moment at most. */
export interface Ticking {
  /** Called every 20 ms. */
  onTick(): void;
}

/** Has all that it monitors check their timeouts, with one timer for all. */
export class IdleMonitor {
  readonly #monitored = new Set<Monitored>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ticking = new Set<Ticking>();
  #ticker: ReturnType<typeof setInterval> | undefined;

  /** Checks often enough for timeouts of so many milliseconds. */
  constructor(...timeouts: number[]) {
    const { min, max, perTimeout } = CHECK_INTERVAL_MS;
    const shortest = Math.min(max, ...timeouts.map((timeout) => timeout / perTimeout));
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const it of this.#monitored) it.checkTimeouts(now);
    }, Math.max(min, shortest));
  }

  /** How many are monitored. */
  get size(): number {
    return this.#monitored.size;
  }

  /** Monitors one more. */
  add(it: Monitored): void {
    this.#monitored.add(it);
  }

  /** Monitors it no longer. */
  delete(it: Monitored): void {
    this.#monitored.delete(it);
  }

  /** Calls `it.onTick()` from now on. One timer serves all, and runs only while there are any. */
  startTicking(it: Ticking): void {
    this.#ticking.add(it);
    this.#ticker ??= setInterval(() => {
      for (const it of this.#ticking) it.onTick();
    }, TICK_MS);
  }

  /** Calls it no longer. */
  stopTicking(it: Ticking): void {
    this.#ticking.delete(it);
    if (this.#ticking.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  /** Stops its timers. */
  close(): void {
    clearInterval(this.#timer);
    clearInterval(this.#ticker);
  }
}

/** Measures for how long a number has not changed. */
export class ProgressTimer {
  #value = NaN;
  #since = 0;

  /**
   * For how many milliseconds `value` has been the same at `now`, as far as it was checked. NaN
   * counts as a change each time.
   */
  stalledFor(value: number, now: number): number {
    if (value !== this.#value) {
      this.#value = value;
      this.#since = now;
    }
    return now - this.#since;
  }
}
