/**
 * One connection of a load: sends messages and takes their echoes.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import type { Pattern } from "./pattern.ts";

/** The most that one read takes, in bytes. */
const READ_BUFFER_BYTES = 64 * 1024;

/** How late the load generator's own clock may be, in milliseconds. The server did not cause that. */
const CLOCK_SLACK_MS = 2;

/** When the messages of one connection are due. */
export interface Schedule {
  /** When its first message is due, on the clock of `performance.now()`. */
  start: number;
  /** The time between two messages, in milliseconds; 0: the next is due with each echo. */
  interval: number;
}

/** What a stream is made of. */
export interface StreamOptions {
  /** The connection. The stream closes it in the end. */
  conn: Conn;
  /** The messages. */
  pattern: Pattern;
  /** The messages in flight at most. */
  depth: number;
  /** When they are due. */
  schedule: Schedule;
  /** The number of the connection, for the text of failures. */
  number: number;
  /** Called with the time that each echo took. */
  onEcho: (milliseconds: number) => void;
}

/** Keeps up to `depth` messages in flight, and measures each. */
export class Stream {
  readonly #conn: Conn;
  readonly #pattern: Pattern;
  readonly #depth: number;
  readonly #schedule: Schedule;
  readonly #number: number;
  readonly #onEcho: (milliseconds: number) => void;
  /** When each message in flight was due, by its number modulo the depth. */
  readonly #dueAt: Float64Array;
  #sent = 0;
  #echoed = 0;
  #received = 0;
  #writing = false;
  #stopping = false;
  readonly #failed = Promise.withResolvers<never>();

  /** Sends nothing before `run`. */
  constructor({ conn, pattern, depth, schedule, number, onEcho }: StreamOptions) {
    this.#conn = conn;
    this.#pattern = pattern;
    this.#depth = depth;
    this.#schedule = schedule;
    this.#number = number;
    this.#onEcho = onEcho;
    this.#dueAt = new Float64Array(depth);
  }

  /**
   * Runs until `stop` was called and all echoes are back. Rejects with a `Failure`: `mismatch` for
   * the first wrong byte, `lost` when the connection ends too early.
   */
  async run(): Promise<void> {
    try {
      this.send(performance.now());
      await Promise.race([this.#receive(), this.#failed.promise]);
    } finally {
      this.#conn.close();
    }
  }

  /** How many messages were sent and have no echo yet. */
  get inFlight(): number {
    return this.#sent - this.#echoed;
  }

  /** How long ago each message was due at `now` that has no echo, in milliseconds; with a rate. */
  overdue(now: number): number[] {
    const { start, interval } = this.#schedule;
    const due = Math.floor((now - start) / interval) + 1;
    return Array.from({ length: Math.max(0, due - this.#echoed) }, (_, i) => {
      const nth = this.#echoed + i;
      return now - (nth < this.#sent ? this.#dueAt[nth % this.#depth]! : start + nth * interval);
    });
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopping = true;
    if (this.#echoed === this.#sent) this.#conn.close();
  }

  /** Sends the messages that are due at `now`, up to the depth. */
  send(now: number): void {
    if (this.#writing || this.#stopping) return;
    const { start, interval } = this.#schedule;
    const room = this.#depth - (this.#sent - this.#echoed);
    const due = interval === 0 ? room : Math.floor((now - start) / interval) + 1 - this.#sent;
    const count = Math.min(room, due);
    if (count <= 0) return;
    for (let i = this.#sent; i < this.#sent + count; i++) {
      const due = start + i * interval;
      this.#dueAt[i % this.#depth] = interval === 0 || now - due <= CLOCK_SLACK_MS ? now : due;
    }
    const bytes = this.#pattern.messages(this.#sent, count);
    this.#sent += count;
    this.#writing = true;
    this.#conn.write(bytes).then(() => {
      this.#writing = false;
      this.send(performance.now()); // messages that became due meanwhile
    }, (error) => this.#failed.reject(this.#lost(reasonOf(error))));
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER_BYTES);
    while (!this.#stopping || this.#echoed < this.#sent) {
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        if (this.#stopping && this.#echoed === this.#sent) return; // closed by `stop`
        throw this.#lost(reasonOf(error));
      }
      if (count === null) throw this.#lost("the server closed it");
      this.#onBytes(buffer.subarray(0, count));
    }
  }

  #onBytes(bytes: Uint8Array): void {
    const wrong = this.#pattern.compare(bytes, this.#received);
    if (wrong >= 0) throw this.#mismatch(this.#received + wrong, bytes[wrong]!);
    this.#received += bytes.length;
    if (this.#received > this.#sent * this.#pattern.size) throw this.#tooMuch();
    const echoed = Math.floor(this.#received / this.#pattern.size);
    if (echoed === this.#echoed) return;
    const now = performance.now();
    while (this.#echoed < echoed) this.#onEcho(now - this.#dueAt[this.#echoed++ % this.#depth]!);
    this.send(now);
  }

  #mismatch(offset: number, received: number): Failure {
    const expected = this.#pattern.at(offset);
    const why = `byte ${offset} came back as ${hex(received)} instead of ${hex(expected)}`;
    return new Failure("mismatch", { what: `cannot rely on connection ${this.#number}`, why });
  }

  #tooMuch(): Failure {
    const why = "more came back than was sent";
    return new Failure("mismatch", { what: `cannot rely on connection ${this.#number}`, why });
  }

  #lost(why: string): Failure {
    const missing = this.inFlight;
    const what = `lost connection ${this.#number}`;
    return new Failure("lost", { what, why: `${why}, ${missing} of its messages not echoed` });
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
