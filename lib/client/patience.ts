/**
 * How long a silent server is waited for.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";

/** What is written at once, in bytes: small enough to see a slow link move. */
const PIECE = 64 * 1024;

/**
 * A connection on which bytes must move while the server owes us something. Any byte in either
 * direction counts, and time in which we do not even read does not.
 */
export class Patience {
  readonly #conn: Conn;
  readonly #timeout: number;
  #pending = 0;
  #owed = false;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Closes `conn` when nothing moves on it for `timeout` milliseconds. */
  constructor(conn: Conn, timeout: number) {
    this.#conn = conn;
    this.#timeout = timeout;
  }

  /** Whether it has come to an end. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** Says whether the server owes us something. */
  owe(owed: boolean): void {
    if (this.#owed === owed) return;
    this.#owed = owed;
    this.#restart();
  }

  /** As `Conn.read`. */
  read(view: Uint8Array): Promise<number | null> {
    return this.#watch(this.#conn.read(view));
  }

  /** As `Conn.write`. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += PIECE) {
      await this.#watch(this.#conn.write(bytes.subarray(start, start + PIECE)));
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
    if (this.#pending === 0 || !this.#owed) return;
    this.#timer = setTimeout(() => {
      this.#ended = true;
      this.#conn.close();
    }, this.#timeout);
  }
}
