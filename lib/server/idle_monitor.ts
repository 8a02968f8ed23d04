/**
 * Closes idle and stalled clients. One timer checks all of them, so active clients pay nothing.
 *
 * @module
 */
import { delay } from "../std.ts";

/** How often all are checked, in milliseconds: bounds, and how often within the shortest timeout. */
const CHECK_INTERVAL_MS = { min: 20, max: 1_000, perTimeout: 4 };

/** How long `tick` waits at most, in milliseconds. */
const TICK_MS = 20;

/** Something with timeouts of its own. */
export interface Monitored {
  /** Acts on its timeouts; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void;
}

/** Has all that it monitors check their timeouts, with one timer for all. */
export class IdleMonitor {
  readonly #monitored = new Set<Monitored>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #closed = new AbortController();
  #tick: Promise<void> | null = null;

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

  /**
   * Settles within 20 ms. All that wait share one timer, which runs only while something
   * waits.
   */
  tick(): Promise<void> {
    return this.#tick ??= delay(TICK_MS, { signal: this.#closed.signal }).catch(() => {}).then(
      () => {
        this.#tick = null;
      },
    );
  }

  /** Stops its timers. */
  close(): void {
    clearInterval(this.#timer);
    this.#closed.abort();
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
