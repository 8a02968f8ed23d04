/**
 * The two timeouts of a served client. What is waited for is asked of the reader and of the write
 * queue, so that no other code has to keep it up to date:
 *
 * - A read is under way: the next message is waited for, and the idle timeout counts.
 * - No read is under way, but a write is: an echo is waited for, and the stall timeout counts.
 * - Neither: the work is the server's own, and no timeout counts.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import type { ByteReader } from "../wire/reader.ts";
import type { WriteQueue } from "../wire/write_queue.ts";
import { ProgressTimer } from "./connection_monitor.ts";
import { EVENT_PAYLOAD_LIMIT } from "./options.ts";

/** What a connection's progress is measured by, and what to do without it. */
export interface ProgressOptions {
  /** Counts the bytes that the client has taken. */
  conn: Pick<Conn, "written">;
  /** Counts the bytes that have come. */
  reader: Pick<ByteReader, "isReading" | "total">;
  /** Knows whether something waits to be written. */
  queue: Pick<WriteQueue, "hasPending">;
  /** How many messages have come or were delivered. */
  messages(): number;
  /** In milliseconds. Within it a message must come or be delivered, or 64 KiB of a long one come. */
  idleTimeout: number;
  /** In milliseconds. A client with unread echoes must read some of them within it. */
  stallTimeout: number;
  /** Called at each check after the idle timeout. */
  onIdle(): void;
  /** Called at each check after the stall timeout. */
  onStall(): void;
}

/** Measures the progress of one client. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #idle = new ProgressTimer();
  readonly #stalled = new ProgressTimer();

  /** Measures at each `checkTimeouts`. */
  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Acts on the timeouts; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void {
    const { conn, reader, queue, idleTimeout, stallTimeout } = this.#options;
    const received = this.#options.messages() + Math.floor(reader.total / EVENT_PAYLOAD_LIMIT);
    const idle = this.#idle.stalledFor(reader.isReading ? received : NaN, now);
    const waitsForEcho = !reader.isReading && queue.hasPending;
    const stalled = this.#stalled.stalledFor(waitsForEcho ? conn.written : NaN, now);
    if (idle > idleTimeout) this.#options.onIdle();
    else if (stalled > stallTimeout) this.#options.onStall();
  }
}
