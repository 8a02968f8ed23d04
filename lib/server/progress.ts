/**
 * The two timeouts of a served client. What is waited for is asked of the reader and of the write
 * queue, so that no other code has to keep it up to date:
 *
 * - A read is under way: the next message is waited for, and the idle timeout counts.
 * - No read is under way, but a write is: an echo is waited for, and the stall timeout counts.
 * - Broadcasts wait for the client: the stall timeout counts, whatever else is under way.
 * - None of these: the work is the server's own, and no timeout counts.
 *
 * @module
 */
import type { Eviction } from "./closing.ts";
import type { ConnectionIo } from "./connection.ts";
import { ProgressTimer } from "./connection_monitor.ts";
import type { EchoLoop } from "./loop.ts";
import { EVENT_PAYLOAD_LIMIT, type ServerOptions } from "./options.ts";
import type { Subscriber } from "./subscriber.ts";

/** What a client's progress is measured by, and what to do without it. */
export interface ProgressOptions {
  /** Counts the bytes that have come and those that the client has taken. */
  io: {
    conn: Pick<ConnectionIo["conn"], "written">;
    reader: Pick<ConnectionIo["reader"], "isReading" | "total">;
    queue: Pick<ConnectionIo["queue"], "hasPending">;
  };
  /** Counts its messages. */
  loop: Pick<EchoLoop, "messages">;
  /** The broadcasts that wait for it, and those that it has taken; null without `--broadcast`. */
  subscriber: Pick<Subscriber, "queuedBytes" | "taken"> | null;
  /** Called at each check after a timeout. */
  eviction: Pick<Eviction, "closeIdle" | "abortSlow">;
  /** Both, in milliseconds. */
  timeouts: Pick<ServerOptions, "idleTimeout" | "stallTimeout">;
}

/** Measures the progress of one client. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #idle = new ProgressTimer();
  readonly #stalled = new ProgressTimer();
  /** For how long no message came, in milliseconds, at the last check. */
  idle = 0;
  /** For how long it has read nothing of what waits for it, in milliseconds, at the last check. */
  stalled = 0;

  /** Measures at each `checkTimeouts`. */
  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Acts on the timeouts; `now` is in milliseconds that never run backwards. */
  checkTimeouts(now: number): void {
    const { io: { conn, reader, queue }, loop, subscriber, eviction, timeouts } = this.#options;
    const { idleTimeout, stallTimeout } = timeouts;
    const longMessages = Math.floor(reader.total / EVENT_PAYLOAD_LIMIT);
    // A client that only listens is not idle as long as it takes broadcasts.
    const progress = loop.messages + longMessages + (subscriber?.taken ?? 0);
    const idle = this.idle = this.#idle.stalledFor(reader.isReading ? progress : NaN, now);
    const broadcastsWait = (subscriber?.queuedBytes ?? 0) > 0;
    const waits = !reader.isReading && queue.hasPending || broadcastsWait;
    const stalled = this.stalled = this.#stalled.stalledFor(waits ? conn.written : NaN, now);
    if (idle > idleTimeout) eviction.closeIdle(idleTimeout);
    else if (stalled > stallTimeout) {
      eviction.abortSlow(`it read nothing for ${stallTimeout / 1000} s`);
    }
  }
}
