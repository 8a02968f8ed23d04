/**
 * Closes the connection to a server that does not respond.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";

/** The size of one write. Small writes show progress on a slow link. */
const WRITE_CHUNK_BYTES = 64 * 1024;

/**
 * Closes the connection when no byte moves for `timeout` ms while a response is expected. A byte in
 * either direction restarts the timer. The timer stops while no read or write is pending: a slow sink
 * is not the server's fault. It also closes a connection on which other things come for so long, and
 * the response does not.
 */
export class ResponseTimeout {
  readonly #conn: Conn;
  readonly #timeout: number;
  #pending = 0;
  #expected = false;
  #expired = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the response began to be expected, or a part of it came, on `#clock`. */
  #since = 0;
  /** For how long sinks have held the client, in milliseconds. */
  #held = 0;

  /** Reads and writes through `conn`. `timeout` is in milliseconds. */
  constructor(conn: Conn, timeout: number) {
    this.#conn = conn;
    this.#timeout = timeout;
  }

  /** Whether the timeout has closed the connection. */
  get expired(): boolean {
    return this.#expired;
  }

  /** Sets whether the server must send a response. */
  expectResponse(expected: boolean): void {
    if (this.#expected === expected) return;
    this.#expected = expected;
    this.#since = this.#clock();
    this.#restart();
  }

  /** What was expected has come, or a part of it. */
  onResponse(): void {
    this.#since = this.#clock();
  }

  /** Something else has come. */
  onOther(): void {
    if (this.#expected && this.#clock() - this.#since > this.#timeout) this.#expire();
  }

  /** Waits for a sink: that is not the server's time. */
  async hold(full: Promise<void>): Promise<void> {
    const begun = performance.now();
    await full;
    this.#held += performance.now() - begun;
  }

  /** Works like `Conn.read`. */
  read(view: Uint8Array): Promise<number | null> {
    return this.#track(this.#conn.read(view));
  }

  /** Works like `Conn.write`. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += WRITE_CHUNK_BYTES) {
      await this.#track(this.#conn.write(bytes.subarray(start, start + WRITE_CHUNK_BYTES)));
    }
  }

  /** Works like `Conn.closeWrite`. */
  closeWrite(): Promise<void> {
    return this.#track(this.#conn.closeWrite());
  }

  async #track<T>(operation: Promise<T>): Promise<T> {
    this.#pending++;
    this.#restart();
    try {
      return await operation;
    } finally {
      this.#pending--;
      this.#restart();
    }
  }

  #restart(): void {
    clearTimeout(this.#timer);
    if (this.#pending === 0 || !this.#expected) return;
    this.#timer = setTimeout(() => this.#expire(), this.#timeout);
  }

  #expire(): void {
    this.#expired = true;
    this.#conn.close();
  }

  /** Milliseconds without those in which sinks held the client. */
  #clock(): number {
    return performance.now() - this.#held;
  }
}
