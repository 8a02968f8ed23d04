/**
 * What the system asks of us.
 *
 * @module
 */
import { delay } from "../std.ts";

/** How long a terminal or a disk may still take what is left, once asked to end, in milliseconds. */
const EXIT_GRACE_MS = 2_000;

/**
 * Signals that come within this, in milliseconds, are one wish: the terminal sends Ctrl-C to every
 * process in the foreground, and `deno task` and `npx` among them pass it on to us.
 */
const SIGNAL_DEBOUNCE_MS = 500;

/** Signals that ask for an end; Windows knows only the first. */
const SHUTDOWN_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** Asked to end once: finish what is under way. Asked again: do not even finish that. */
export class Shutdown {
  readonly #first = new AbortController();
  readonly #second = Promise.withResolvers<void>();
  #firstSignal = Infinity;

  /** Listens for the signals from now on; before, they end the process as usual. */
  listen(): void {
    for (const signal of SHUTDOWN_SIGNALS) Deno.addSignalListener(signal, () => this.#onSignal());
  }

  #onSignal(): void {
    const now = performance.now();
    this.#firstSignal = Math.min(this.#firstSignal, now);
    const isEcho = now !== this.#firstSignal && now < this.#firstSignal + SIGNAL_DEBOUNCE_MS;
    if (!isEcho) this.request();
  }

  /** Aborted when asked to end. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Settles when asked again. */
  get forced(): Promise<void> {
    return this.#second.promise;
  }

  /**
   * Waits for `last`, the last thing to be done; but once asked to end only for a moment, and once
   * asked again not at all: a terminal or a disk that takes nothing must not keep the process.
   */
  async withGrace(last: Promise<void>): Promise<void> {
    const patience = new AbortController();
    const asked = new Promise<void>((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const moment = asked.then(() => delay(EXIT_GRACE_MS, { signal: patience.signal })).catch(
      () => {},
    );
    await Promise.race([last, moment, this.forced]);
    patience.abort();
  }

  /** Asks, as a signal does: for what is typed. */
  request(): void {
    if (this.signal.aborted) this.#second.resolve();
    else this.#first.abort();
  }
}

/** Calls `reopen` on SIGHUP, which is how logrotate says that the log has a new place. */
export function onHangup(reopen: () => void): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", reopen);
}
