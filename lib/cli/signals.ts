/**
 * What the system asks of us.
 *
 * @module
 */

/** Signals that ask for an end; Windows knows only the first. */
const END: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** Asked to end once: finish what is under way. Asked again: do not even finish that. */
export class Interrupt {
  readonly #first = new AbortController();
  readonly #second = Promise.withResolvers<void>();

  /** Listens for the signals, for the life of the process. */
  constructor() {
    for (const signal of END) Deno.addSignalListener(signal, () => this.raise());
  }

  /** Aborted when asked to end. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Settles when asked again. */
  get again(): Promise<void> {
    return this.#second.promise;
  }

  /** Asks, as a signal does: for what is typed. */
  raise(): void {
    if (this.signal.aborted) this.#second.resolve();
    else this.#first.abort();
  }
}

/** Calls `reopen` on SIGHUP, which is how logrotate says that the log has a new place. */
export function onHangup(reopen: () => void): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", reopen);
}
