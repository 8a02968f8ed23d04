/**
 * How long a silent server is waited for.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";

/** What is written at once, in bytes: small enough to see a slow link move. */
const WRITE_CHUNK_BYTES = 64 * 1024;

/**
 * A connection on which bytes must move while the server owes us something. Any byte in either
 * direction counts, and time in which we do not even read does not.
 */
export class ResponseTimeout {
  readonly #conn: Conn;
  readonly #timeout: number;
  #pending = 0;
  #expected = false;
  #expired = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Closes `conn` when nothing moves on it for `timeout` milliseconds. */
  constructor(conn: Conn, timeout: number) {
    this.#conn = conn;
    this.#timeout = timeout;
  }

  /** Whether it has come to an end. */
  get expired(): boolean {
    return this.#expired;
  }

  /** Says whether the server owes us something. */
  expectResponse(owed: boolean): void {
    if (this.#expected === owed) return;
    this.#expected = owed;
    this.#restart();
  }

  /** As `Conn.read`. */
  read(view: Uint8Array): Promise<number | null> {
    return this.#watch(this.#conn.read(view));
  }

  /** As `Conn.write`. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += WRITE_CHUNK_BYTES) {
      await this.#watch(this.#conn.write(bytes.subarray(start, start + WRITE_CHUNK_BYTES)));
    }
  }

  /** As `Conn.closeWrite`. */
  closeWrite(): Promise<void> {
    return this.#watch(this.#conn.closeWrite());
  }

  async #watch<T>(operation: Promise<T>): Promise<T> {
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
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#conn.close();
    }, this.#timeout);
  }
}
