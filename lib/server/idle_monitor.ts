/**
 * Finds clients that do not move, without costing those that do anything.
 *
 * @module
 */

/** How often is looked, in milliseconds: at least, at most, and how often within the shortest limit. */
const CHECK_INTERVAL_MS = { least: 20, most: 1_000, perLimit: 4 };

/** Something that is looked at every now and then. */
export interface Monitored {
  /** Looks at itself; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void;
}

/** Has all that are watched look at themselves, with one timer for all of them. */
export class IdleMonitor {
  readonly #watched = new Set<Monitored>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** Looks often enough for limits of so many milliseconds. */
  constructor(...limits: number[]) {
    const { least, most, perLimit } = CHECK_INTERVAL_MS;
    const interval = Math.max(least, Math.min(most, ...limits.map((limit) => limit / perLimit)));
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const it of this.#watched) it.checkTimeouts(now);
    }, interval);
  }

  /** Watches something more. */
  add(it: Monitored): void {
    this.#watched.add(it);
  }

  /** Watches it no longer. */
  delete(it: Monitored): void {
    this.#watched.delete(it);
  }

  /** Ends it. */
  close(): void {
    clearInterval(this.#timer);
  }
}

/** For how long a number has not changed, as far as anybody has looked. */
export class ProgressTimer {
  #value = NaN;
  #since = 0;

  /** How long `value` has been the same at `now`, in milliseconds; NaN never is. */
  stalledFor(value: number, now: number): number {
    if (value !== this.#value) {
      this.#value = value;
      this.#since = now;
    }
    return now - this.#since;
  }
}
