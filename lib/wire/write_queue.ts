/**
 * One writer at a time.
 *
 * @module
 */
import type { ByteSink } from "./io.ts";

/** A sink whose sending side can be ended. */
export interface ClosableSink extends ByteSink {
  /** Ends it; what was written before still arrives. */
  closeWrite(): Promise<void>;
}

/**
 * Puts the writes of several parties one after the other, each whole: an echo and a notice must not
 * mix. Once one fails, all that follow fail alike.
 */
export class WriteQueue implements ByteSink {
  readonly #sink: ClosableSink;
  #tail: Promise<void> = Promise.resolve();
  /** How many writes have not succeeded yet. Where one has failed it never gets back to 0. */
  #pending = 0;
  #closed = false;

  /** Writes to `sink`, and nobody else may. */
  constructor(sink: ClosableSink) {
    this.#sink = sink;
  }

  /** Whether `end` was called: nothing can be written any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether something that was to be written has not been, and maybe never will be. */
  get hasPending(): boolean {
    return this.#pending > 0;
  }

  /** Writes all of `bytes` when its turn comes. */
  write(bytes: Uint8Array): Promise<void> {
    return this.exclusive((sink) => sink.write(bytes));
  }

  /** Gives `job` the sink when its turn comes; nobody else writes until it settles. */
  exclusive(job: (sink: ByteSink) => Promise<void>): Promise<void> {
    const turn = this.#pending === 0 ? job(this.#sink) : this.#tail.then(() => job(this.#sink));
    this.#pending++;
    return this.#tail = turn.then(() => {
      this.#pending--;
    });
  }

  /** Ends the sending side after all that was written before. May be called again. */
  close(): Promise<void> {
    if (!this.#closed) void this.exclusive(() => this.#sink.closeWrite());
    this.#closed = true;
    return this.#tail;
  }
}
