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

/** Is given the time of each write. */
export interface WriteObserver {
  /** The sink has taken a write, after so many milliseconds. */
  wrote(milliseconds: number): void;
}

/** A turn in the queue that lasts for several writes. */
export interface Turn {
  /** Writes of the turn go here. */
  readonly sink: ByteSink;
  /** Ends the turn once `written`, the last of its writes, has settled. */
  end(written: Promise<void>): void;
}

/**
 * Puts the writes of several parties one after the other, each whole: an echo and a notice must not
 * mix. After one has failed, all that follow fail alike.
 */
export class WriteQueue implements ByteSink {
  readonly #sink: ClosableSink;
  readonly #observer: WriteObserver | null;
  /** The sink for several writes in a row. */
  readonly #sinkOfTurns: ByteSink;
  #tail: Promise<void> = Promise.resolve();
  /** How many writes have not succeeded yet. After a failure it never gets back to 0. */
  #pending = 0;
  /** Made once: a function for each write costs 1 % of a short echo. */
  readonly #onDone = (): void => {
    this.#pending--;
  };
  /** The same with an observer. */
  readonly #onObserved = (): void => {
    this.#pending--;
    this.#observe();
  };
  /** The write under way: since when, in milliseconds, and of how many bytes. */
  #begun = 0;
  #inFlight = 0;
  #closed = false;

  /** Writes to `sink`. Nothing else may write there. `observer` gets the times of writes. */
  constructor(sink: ClosableSink, observer: WriteObserver | null = null) {
    this.#sink = sink;
    this.#observer = observer;
    this.#sinkOfTurns = observer === null ? sink : {
      write: (bytes) => {
        this.#begin(bytes);
        return sink.write(bytes).then(() => this.#observe());
      },
    };
  }

  /** How many bytes the write under way has; 0 without one, and without an observer. */
  get inFlightBytes(): number {
    return this.#inFlight;
  }

  /** Whether `close` was called: nothing can be written any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a write has not succeeded yet, and maybe never will. */
  get hasPending(): boolean {
    return this.#pending > 0;
  }

  /** Writes all of `bytes` when its turn comes. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#pending > 0) return this.exclusive((sink) => sink.write(bytes));
    this.#pending++;
    if (this.#observer === null) {
      return this.#tail = this.#sink.write(bytes).then(this.#onDone);
    }
    this.#begin(bytes);
    return this.#tail = this.#sink.write(bytes).then(this.#onObserved);
  }

  /** Gives `job` the sink when its turn comes. All other writes wait until it settles. */
  exclusive(job: (sink: ByteSink) => Promise<void>): Promise<void> {
    const sink = this.#sinkOfTurns;
    const turn = this.#pending === 0 ? job(sink) : this.#tail.then(() => job(sink));
    this.#pending++;
    return this.#tail = turn.then(this.#onDone);
  }

  /** Waits for a turn that lasts until its `end`. Rejects when an earlier write has failed. */
  async turn(): Promise<Turn> {
    const begun = Promise.withResolvers<ByteSink>();
    const ended = Promise.withResolvers<void>();
    const over = this.exclusive((sink) => {
      begun.resolve(sink);
      return ended.promise;
    });
    over.catch(() => {}); // a failed write rejects to the caller that made it
    const sink = await Promise.race([begun.promise, over]);
    return { sink: sink!, end: ended.resolve };
  }

  /** Ends the sending side after all that was written before. May be called again. */
  close(): Promise<void> {
    if (!this.#closed) void this.exclusive(() => this.#sink.closeWrite());
    this.#closed = true;
    return this.#tail;
  }

  #begin(bytes: Uint8Array): void {
    this.#begun = performance.now();
    this.#inFlight = bytes.length;
  }

  #observe(): void {
    this.#inFlight = 0;
    this.#observer?.wrote(performance.now() - this.#begun);
  }
}
