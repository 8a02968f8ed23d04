/**
 * One connection of a load: sends messages and takes their echoes.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import type { Pattern } from "./pattern.ts";

/** How much is read at once at most, in bytes. */
const READ_BUFFER_BYTES = 64 * 1024;

/** How late our own clock may be, in milliseconds: what it delays is not the server's doing. */
const CLOCK_SLACK_MS = 2;

/** When the messages of one connection are due. */
export interface Schedule {
  /** When its first message is due, as `performance.now()` tells the time. */
  start: number;
  /** How long after each the next one is due, in milliseconds; 0: as soon as there is room. */
  interval: number;
}

/** Keeps up to `depth` messages on their way, and times each. */
export class Stream {
  readonly #conn: Conn;
  readonly #pattern: Pattern;
  readonly #depth: number;
  readonly #schedule: Schedule;
  readonly #number: number;
  readonly #onEcho: (milliseconds: number) => void;
  /** When each message on its way was meant to be sent; by its number, modulo the depth. */
  readonly #since: Float64Array;
  #sent = 0;
  #echoed = 0;
  #received = 0;
  #writing = false;
  #stopping = false;
  readonly #failed = Promise.withResolvers<never>();

  /** Talks over `conn`, and closes it in the end; `onEcho` is told how long each echo took. */
  constructor(
    conn: Conn,
    pattern: Pattern,
    depth: number,
    schedule: Schedule,
    number: number,
    onEcho: (milliseconds: number) => void,
  ) {
    this.#conn = conn;
    this.#pattern = pattern;
    this.#depth = depth;
    this.#schedule = schedule;
    this.#number = number;
    this.#onEcho = onEcho;
    this.#since = new Float64Array(depth);
  }

  /**
   * Runs until `stop` was called and all echoes are back. Rejects with a `Failure`: `mismatch` for
   * the first byte that is wrong, `lost` when the connection ends before its time.
   */
  async run(): Promise<void> {
    try {
      this.send(performance.now());
      await Promise.race([this.#receive(), this.#failed.promise]);
    } finally {
      this.#conn.close();
    }
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopping = true;
    if (this.#echoed === this.#sent) this.#conn.close();
  }

  /** Sends what is due at `now`, and has room. */
  send(now: number): void {
    if (this.#writing || this.#stopping) return;
    const { start, interval } = this.#schedule;
    const room = this.#depth - (this.#sent - this.#echoed);
    const due = interval === 0 ? room : Math.floor((now - start) / interval) + 1 - this.#sent;
    const count = Math.min(room, due);
    if (count <= 0) return;
    for (let i = this.#sent; i < this.#sent + count; i++) {
      const due = start + i * interval;
      this.#since[i % this.#depth] = interval === 0 || now - due <= CLOCK_SLACK_MS ? now : due;
    }
    const bytes = this.#pattern.messages(this.#sent, count);
    this.#sent += count;
    this.#writing = true;
    this.#conn.write(bytes).then(() => {
      this.#writing = false;
      this.send(performance.now()); // what became due meanwhile
    }, (error) => this.#failed.reject(this.#lost(reasonOf(error))));
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(READ_BUFFER_BYTES);
    while (!this.#stopping || this.#echoed < this.#sent) {
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        if (this.#stopping && this.#echoed === this.#sent) return; // closed by us
        throw this.#lost(reasonOf(error));
      }
      if (count === null) throw this.#lost("the server closed it");
      this.#take(buffer.subarray(0, count));
    }
  }

  #take(came: Uint8Array): void {
    const wrong = this.#pattern.compare(came, this.#received);
    if (wrong >= 0) throw this.#mismatch(this.#received + wrong, came[wrong]!);
    this.#received += came.length;
    if (this.#received > this.#sent * this.#pattern.size) throw this.#tooMuch();
    const echoed = Math.floor(this.#received / this.#pattern.size);
    if (echoed === this.#echoed) return;
    const now = performance.now();
    while (this.#echoed < echoed) this.#onEcho(now - this.#since[this.#echoed++ % this.#depth]!);
    this.send(now);
  }

  #mismatch(offset: number, came: number): Failure {
    const expected = this.#pattern.at(offset);
    const why = `byte ${offset} came back as ${hex(came)} instead of ${hex(expected)}`;
    return new Failure("mismatch", { what: `cannot rely on connection ${this.#number}`, why });
  }

  #tooMuch(): Failure {
    const why = "more came back than was sent";
    return new Failure("mismatch", { what: `cannot rely on connection ${this.#number}`, why });
  }

  #lost(why: string): Failure {
    const owed = this.#sent - this.#echoed;
    const what = `lost connection ${this.#number}`;
    return new Failure("lost", { what, why: `${why}, ${owed} of its messages not echoed` });
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
