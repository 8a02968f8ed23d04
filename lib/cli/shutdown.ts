/**
 * Requests to end: signals, and what is typed.
 *
 * @module
 */
import { delay } from "../std.ts";

/** How long a terminal or a disk may take the last bytes after a request, in milliseconds. */
const EXIT_GRACE_MS = 2_000;

/**
 * Signals within this time, in milliseconds, count once. Ctrl-C reaches the whole foreground group,
 * and `deno task` and `npx` forward it again.
 */
const SIGNAL_DEBOUNCE_MS = 500;

/** Signals that request the end. Windows knows only the first. */
const SHUTDOWN_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** The first request lets the command finish its work. The second one ends it at once. */
export class Shutdown {
  readonly #first = new AbortController();
  readonly #second = Promise.withResolvers<void>();
  readonly #now: () => number;
  #firstSignal = Infinity;

  /** `now` is a clock in milliseconds that never runs backwards. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Listens for signals from now on. Before, they end the process as usual. */
  listen(): void {
    for (const signal of SHUTDOWN_SIGNALS) Deno.addSignalListener(signal, () => this.onSignal());
    // A limit on the size of files (`ulimit -f`, a quota) would end the process. With a listener the
    // write fails instead, as on a full disk.
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
  }

  /** Requests the end, unless the signal repeats the first one. */
  onSignal(): void {
    const now = this.#now();
    if (this.#firstSignal === Infinity) this.#firstSignal = now;
    else if (now < this.#firstSignal + SIGNAL_DEBOUNCE_MS) return;
    this.request();
  }

  /** Aborted by the first request. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Settles with the second request. */
  get forced(): Promise<void> {
    return this.#second.promise;
  }

  /**
   * Waits for `last`, the last work of the process: after a request for a short time only, and after
   * a second one not at all. A terminal or a disk that takes nothing must not keep the process.
   */
  async withGrace(last: Promise<void>): Promise<void> {
    const done = new AbortController();
    const requested = new Promise<void>((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const expired = requested.then(() => delay(EXIT_GRACE_MS, { signal: done.signal }))
      .catch(() => {});
    await Promise.race([last, expired, this.forced]);
    done.abort();
  }

  /** Requests the end, as a signal does. */
  request(): void {
    if (this.signal.aborted) this.#second.resolve();
    else this.#first.abort();
  }
}

/** Calls `stop` on Ctrl-Z (SIGTSTP) instead of stopping the process, until disposed of. */
export function onTerminalStop(stop: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGTSTP", stop);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGTSTP", stop) };
}

/** Calls `resume` when a stopped process goes on (SIGCONT), until disposed of. */
export function onContinue(resume: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGCONT", resume);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGCONT", resume) };
}

/** Calls `draw` when the terminal has another size (SIGWINCH), and after a stop, until disposed of. */
export function onResize(draw: () => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGWINCH"]
    : ["SIGWINCH", "SIGCONT"];
  for (const signal of signals) Deno.addSignalListener(signal, draw);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, draw);
    },
  };
}

/** Calls `report` on Ctrl-\ (SIGQUIT) instead of ending the process, until disposed of. */
export function onQuit(report: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGQUIT", report);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGQUIT", report) };
}

/** Calls `reload` on SIGHUP: after logrotate has moved the log, and for a new certificate. */
export function onHangup(reload: () => void): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", reload);
}
