/**
 * Every option and limit of the service: what it is called, what it is by default, and why.
 *
 * @module
 */
import type { DialectName } from "../wire/dialect.ts";
import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import { BUFFER_SIZE, type BufferSize } from "../wire/reader.ts";

/** Who is too slow for a broadcast misses messages and is told how many, or has to leave. */
export const SLOW_READERS = ["drop", "evict"] as const;

/** One of them. */
export type SlowReader = typeof SLOW_READERS[number];

/** What the service is told; `lib/cli/server.ts` has an option for each. */
export interface ServerOptions {
  /** `--broadcast`: whether every client gets what any of them sends (004). */
  broadcast: boolean;
  /** `--once`: whether to stop when the first client has left (002). */
  once: boolean;
  /** `--welcome`: what each client is told first, or null. */
  welcome: string | null;
  /** `--dialect`: how messages are told apart; null: as each client asks for by ALPN. */
  dialect: DialectName | null;
  /** `--buffer`: how large each connection's read buffer is (003 wants 1 KiB). */
  buffer: BufferSize;
  /** `--max-message`: the longest payload, in bytes. */
  maxMessage: number;
  /**
   * `--max-buffered`, in bytes: what messages longer than the read buffer may take of memory, all of
   * them together. Many clients, each within its own limits, must not fill the machine.
   */
  maxBuffered: number;
  /** `--max-history`, in bytes: what is kept for one client's `quit`. A disk is not endless either. */
  maxHistory: number;
  /** `--max-connections`: how many there may be at a time. */
  maxConnections: number;
  /** `--max-per-address`: how many of them from one address, so that nobody takes all of them. */
  maxPerAddress: number;
  /** `--handshake-timeout`, in milliseconds: a client that never speaks must not stay for ever. */
  handshakeTimeout: number;
  /**
   * `--idle-timeout`, in milliseconds: within it a whole message must come, or `SHOWN` bytes of one.
   * A cable that was pulled sends nothing, and who sends a byte a minute is not better.
   */
  idleTimeout: number;
  /** `--stall-timeout`, in milliseconds: within it who is owed an echo must take some of it. */
  stallTimeout: number;
  /** `--slow-reader`: what becomes of who does not keep up with a broadcast. */
  slowReader: SlowReader;
  /** `--drain`, in milliseconds: how long clients have to take their echoes when the server stops. */
  drain: number;
}

/** What holds where nothing else was said. */
export const SERVER_DEFAULTS: ServerOptions = {
  broadcast: false,
  once: false,
  welcome: null,
  dialect: null,
  buffer: BUFFER_SIZE,
  maxMessage: MAX_MESSAGE_BYTES,
  maxBuffered: 256 * 1024 ** 2,
  maxHistory: 256 * 1024 ** 2,
  maxConnections: 10_000,
  maxPerAddress: 2_000,
  handshakeTimeout: 10_000,
  idleTimeout: 3_600_000,
  stallTimeout: 30_000,
  slowReader: "drop",
  drain: 5_000,
};

/**
 * How much of a message, in bytes, its event has at most. One that is longer streams through, so
 * that no message needs more memory than this, unless everybody has to hear it.
 */
export const EVENT_PAYLOAD_LIMIT = 64 * 1024;

/**
 * How long a client must have been silent, in milliseconds, to count as having nothing on its way
 * when the server stops. Longer than most round trips, short enough for a person who typed `exit`.
 */
export const DRAIN_QUIET_MS = 100;

/**
 * How long we wait, in milliseconds, for the other side to close after we did. Closing with bytes
 * unread would reset the connection and could take our last echo with it.
 */
export const LINGER_TIMEOUT_MS = 2_000;
