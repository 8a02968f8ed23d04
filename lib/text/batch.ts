/**
 * Text for a slow destination. It is collected while a write is under way, then written as one
 * piece.
 *
 * @module
 */
import { LineBuffer } from "./line_buffer.ts";

/** When a batch is written, and its bound. */
export interface BatchOptions {
  /** How long its first text waits for more, in milliseconds; 0: only for the write before it. */
  delay: number;
  /** How much may wait before `add` asks the caller to wait, in bytes. */
  limit: number;
}

/** The texts that wait. */
interface Gathering {
  /** Ends their delay. */
  hurry(): void;
  /** Settles when their write begins. */
  taken: Promise<void>;
}

/** So many bytes are written without further delay: a longer piece is no cheaper per line. */
const PIECE_BYTES = 256 * 1024;

/** Passes texts on to a writer in order, many at a time, one write after the other. */
export class Batch {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #options: BatchOptions;
  readonly #lines = new LineBuffer();
  #gathering: Gathering | null = null;
  #written: Promise<void> = Promise.resolve();

  /** A piece that `write` rejects is dropped. To keep it is the work of `write`. */
  constructor(write: (bytes: Uint8Array) => Promise<void>, options: BatchOptions) {
    this.#write = write;
    this.#options = options;
  }

  /**
   * Adds a text. When more than the limit waits, it returns a promise that settles once there is room
   * again. A caller that awaits it adds no faster than is written. Nothing is dropped either way.
   */
  add(text: string): void | Promise<void> {
    return this.addWith((lines) => lines.putString(text));
  }

  /** Adds what `put` puts, as `add` does. */
  addWith(put: (lines: LineBuffer) => void): void | Promise<void> {
    put(this.#lines);
    const waiting = this.#lines.length;
    this.#gathering ??= this.#gather();
    const { limit } = this.#options;
    if (waiting > Math.min(PIECE_BYTES, limit)) this.#gathering.hurry();
    if (waiting > limit) return this.#gathering.taken;
  }

  /** Settles when all texts so far are written. */
  flush(): Promise<void> {
    this.#gathering?.hurry();
    return this.#written;
  }

  #gather(): Gathering {
    const due = Promise.withResolvers<void>();
    const { delay } = this.#options;
    const timer = delay === 0 ? undefined : setTimeout(due.resolve, delay);
    if (delay === 0) due.resolve();
    const taken = Promise.all([due.promise, this.#written]).then(() => clearTimeout(timer));
    this.#written = taken.then(() => this.#write(this.#take())).catch(() => {});
    return { hurry: due.resolve, taken };
  }

  #take(): Uint8Array {
    this.#gathering = null;
    return this.#lines.take();
  }
}
