/**
 * The ways in which the server ends a connection: with an error, by draining, and the linger after.
 *
 * @module
 */
import { delay } from "../std.ts";
import type { Conn } from "../net/conn.ts";
import { Kind } from "../wire/kind.ts";
import { sendMsg } from "../wire/message.ts";
import { ErrorCode } from "../wire/payloads.ts";
import type { CloseInfo } from "./close_info.ts";
import type { ConnectionIo } from "./connection.ts";
import { DRAIN_QUIET_MS, LINGER_TIMEOUT_MS } from "./options.ts";

/** Sends the last words of the dialect, if it has any, and ends the server's side. */
export async function closeWith({ queue, codec }: ConnectionIo, close: CloseInfo): Promise<void> {
  const { code = null, reason, detail } = close;
  const bytes = codec.farewell({ code, text: detail ?? reason });
  if (bytes !== null) await queue.write(bytes);
  await queue.close();
}

/**
 * Waits for the client to close its side, for `LINGER_TIMEOUT_MS` at most. To close with bytes
 * unread would reset the connection, and the client could lose the last bytes sent to it.
 */
export async function linger({ conn, reader }: ConnectionIo): Promise<void> {
  const timer = setTimeout(() => conn.abort(), LINGER_TIMEOUT_MS);
  try {
    while (await reader.fill(1)) reader.discard(reader.available);
  } catch {
    // It left without close_notify, after all was sent.
  } finally {
    clearTimeout(timer);
  }
}

/** When a drain ends at the latest, and what ends it early. */
export interface DrainOptions {
  /** In milliseconds. */
  timeout: number;
  /** Aborted when the connection has ended meanwhile. */
  signal: AbortSignal;
}

/**
 * Tells the client that the server stops, goes on with its echoes until the client pauses, and ends
 * the server's side. Never rejects: the session reports what is wrong with the connection.
 */
export async function drain(io: ConnectionIo, { timeout, signal }: DrainOptions): Promise<void> {
  const { queue, codec, reader } = io;
  const latest = performance.now() + timeout;
  try {
    const notice = new TextEncoder().encode("the server is shutting down");
    await sendMsg(queue, codec, Kind.notice, notice);
    for (let before = -1; before !== reader.total && performance.now() < latest;) {
      before = reader.total;
      await delay(DRAIN_QUIET_MS, { signal });
    }
    await closeWith(io, { reason: "shutdown" });
  } catch {
    // The connection ended meanwhile.
  }
}

/** Ends the connection of a client that makes no progress, and remembers why. */
export class Eviction {
  readonly #io: ConnectionIo;
  readonly #conn: Conn;
  #close: CloseInfo | null = null;
  /** When the connection is aborted, on the clock of `abortIfLate`. */
  #abortAt = Infinity;

  /** Of the connection of `io`. */
  constructor(io: ConnectionIo) {
    this.#io = io;
    this.#conn = io.conn;
  }

  /** Why the server has ended the connection; null while it has not. */
  get close(): CloseInfo | null {
    return this.#close;
  }

  /** Sends an idle client an error and the end of the server's side. */
  closeIdle(idleTimeout: number): void {
    if (this.#io.queue.closed) return;
    this.#close = { reason: "idle-timeout", detail: `silent for ${idleTimeout / 1000} s` };
    closeWith(this.#io, { ...this.#close, code: ErrorCode.idle }).catch(() => {}); // gone already
  }

  /** Aborts the connection of a client that does not read. */
  abortSlow(detail: string): void {
    this.#close ??= { reason: "slow-reader", detail };
    this.#conn.abort();
  }

  /** Aborts a connection that was closed `LINGER_TIMEOUT_MS` ago; `now` never runs backwards. */
  abortIfLate(now: number): void {
    if (this.#abortAt === Infinity) this.#abortAt = now + LINGER_TIMEOUT_MS;
    else if (now > this.#abortAt) this.#conn.abort();
  }
}
