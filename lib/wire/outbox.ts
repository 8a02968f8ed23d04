/**
 * One writer at a time.
 *
 * @module
 */
import type { ByteSink } from "./io.ts";

/** A sink whose sending side can be ended. */
export interface EndableSink extends ByteSink {
  /** Ends it; what was written before still arrives. */
  closeWrite(): Promise<void>;
}

/**
 * Puts the writes of several parties one after the other, each whole: an echo and a notice must not
 * mix. Once one fails, all that follow fail alike.
 */
export class Outbox implements ByteSink {
  readonly #sink: EndableSink;
  #last: Promise<void> = Promise.resolve();
  /** How many writes have not succeeded yet. Where one has failed it never gets back to 0. */
  #waiting = 0;
  #ended = false;

  /** Writes to `sink`, and nobody else may. */
  constructor(sink: EndableSink) {
    this.#sink = sink;
  }

  /** Whether `end` was called: nothing can be written any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether something that was to be written has not been, and maybe never will be. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Writes all of `bytes` when its turn comes. */
  write(bytes: Uint8Array): Promise<void> {
    return this.together((sink) => sink.write(bytes));
  }

  /** Gives `job` the sink when its turn comes; nobody else writes until it settles. */
  together(job: (sink: ByteSink) => Promise<void>): Promise<void> {
    const turn = this.#waiting === 0 ? job(this.#sink) : this.#last.then(() => job(this.#sink));
    this.#waiting++;
    return this.#last = turn.then(() => {
      this.#waiting--;
    });
  }

  /** Ends the sending side after all that was written before. May be called again. */
  end(): Promise<void> {
    if (!this.#ended) void this.together(() => this.#sink.closeWrite());
    this.#ended = true;
    return this.#last;
  }
}
