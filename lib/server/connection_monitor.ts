/**
 * Timeouts and the stop of all connections: one timer and one call for all of them, so that a
 * connection needs neither a timer nor a listener of its own, and an active one pays nothing.
 *
 * @module
 */
import { delay } from "../std.ts";

/** How often all are checked, in milliseconds: bounds, and how often within the shortest timeout. */
const CHECK_INTERVAL_MS = { min: 20, max: 1_000, perTimeout: 4 };

/** How often `Ticking` is called, in milliseconds. */
const TICK_MS = 20;

/**
 * How many connections one turn of the event loop deals with. Thousands can time out at the same
 * moment, and the others get their echoes in between.
 */
const PER_TURN = 32;

/** A connection, as far as time and the server's stop go. */
export interface Monitored {
  /** Acts on its timeouts; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void;
  /** The server stops. */
  onStop(): void;
}

/** Something that waits for a moment at most. */
export interface Ticking {
  /** Called every 20 ms. */
  onTick(): void;
}

/** Has all that it monitors check their timeouts, and tells them when the server stops. */
export class ConnectionMonitor {
  readonly #monitored = new Set<Monitored>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ticking = new Set<Ticking>();
  #ticker: ReturnType<typeof setInterval> | undefined;
  #isChecking = false;
  #isStopping = false;

  /** Checks often enough for timeouts of so many milliseconds. */
  constructor(...timeouts: number[]) {
    const { min, max, perTimeout } = CHECK_INTERVAL_MS;
    const shortest = Math.min(max, ...timeouts.map((timeout) => timeout / perTimeout));
    this.#timer = setInterval(() => void this.#check(), Math.max(min, shortest));
  }

  /** How many are monitored. */
  get size(): number {
    return this.#monitored.size;
  }

  /** Whether the server stops. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Monitors one more; it is told at once if the server stops already. */
  add(it: Monitored): void {
    this.#monitored.add(it);
    if (this.#isStopping) it.onStop();
  }

  /** Monitors it no longer. */
  delete(it: Monitored): void {
    this.#monitored.delete(it);
  }

  /** Tells all that the server stops. */
  stop(): void {
    this.#isStopping = true;
    void this.#forAll((it) => it.onStop());
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
    this.#monitored.clear();
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    await this.#forAll((it) => it.checkTimeouts(performance.now()));
    this.#isChecking = false;
  }

  /** Acts on all that are monitored now. */
  async #forAll(act: (it: Monitored) => void): Promise<void> {
    let count = 0;
    for (const it of [...this.#monitored]) {
      if (count++ === PER_TURN) {
        count = 1;
        await delay(0);
      }
      if (this.#monitored.has(it)) act(it);
    }
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
