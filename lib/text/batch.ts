/**
 * Text for a slow destination. It is collected while a write is under way, then written as one
 * piece. It may be UTF-8 already.
 *
 * @module
 */
import { concat } from "../std.ts";

/** When a batch is written, and its bound. */
export interface BatchOptions {
  /** How long its first text waits for more, in milliseconds; 0: only for the write before it. */
  delay: number;
  /** How much may wait before `add` asks the caller to wait, in characters or bytes. */
  limit: number;
}

/** The texts that wait. */
interface Gathering {
  /** Ends their delay. */
  hurry(): void;
  /** Settles when their write begins. */
  taken: Promise<void>;
}

/**
 * So many bytes are written without further delay. A longer piece is no cheaper per line, and the
 * program stands still while it is joined and encoded (measured: 50 ms for 8 MiB, below 10 ms for
 * this).
 */
const PIECE_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

/** Passes texts on to a writer in order, many at a time, one write after the other. */
export class Batch {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #options: BatchOptions;
  #texts: (string | Uint8Array)[] = [];
  #waiting = 0;
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
  add(text: string | Uint8Array): void | Promise<void> {
    this.#texts.push(text);
    this.#waiting += text.length;
    this.#gathering ??= this.#gather();
    const { limit } = this.#options;
    if (this.#waiting > Math.min(PIECE_BYTES, limit)) this.#gathering.hurry();
    if (this.#waiting > limit) return this.#gathering.taken;
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
    const bytes = joined(this.#texts);
    this.#texts = [];
    this.#waiting = 0;
    this.#gathering = null;
    return bytes;
  }
}

/** All texts as one piece of UTF-8. Strings are joined first, which is cheaper than to encode each. */
function joined(texts: (string | Uint8Array)[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (typeof text !== "string") {
      pieces.push(text);
      continue;
    }
    let strings = i + 1;
    while (typeof texts[strings] === "string") strings++;
    pieces.push(utf8.encode(texts.slice(i, strings).join("")));
    i = strings - 1;
  }
  return pieces.length === 1 ? pieces[0]! : concat(pieces);
}
