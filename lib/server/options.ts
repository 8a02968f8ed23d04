/**
 * Every option and limit of the service: its option, its default, and its reason.
 *
 * @module
 */
import type { DialectName } from "../wire/dialect.ts";
import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import type { WebOptions } from "./origin.ts";
import { BUFFER_SIZE, type BufferSize } from "../wire/reader.ts";

/** For a client that cannot keep up with a broadcast: drop messages and tell it, or evict it. */
export const SLOW_READERS = ["drop", "evict"] as const;

/** One of them. */
export type SlowReader = typeof SLOW_READERS[number];

/** The options of the service; `lib/cli/server.ts` has one for each. */
export interface ServerOptions {
  /** `--broadcast`: whether each message goes to all other clients too (004). */
  broadcast: boolean;
  /** `--once`: whether to stop when the first client has left (002). */
  once: boolean;
  /** `--welcome`: a text that each client gets first, or null. */
  welcome: string | null;
  /** `--dialect`: how messages are told apart; null: as each client asks for by ALPN. */
  dialect: DialectName | null;
  /** What browsers may do, over HTTP and WebSocket; null: there is neither (`--no-web`). */
  web: WebOptions | null;
  /** `--buffer`: the size of each connection's read buffer (003 asks for 1 KiB). */
  buffer: BufferSize;
  /** `--max-message`: the longest payload, in bytes. */
  maxMessage: number;
  /**
   * `--max-buffered`, in bytes: the memory for all messages longer than the read buffer together. Many
   * clients, each within its own limits, must not fill the memory of the machine.
   */
  maxBuffered: number;
  /** `--max-history`, in bytes: the history that is kept for one client. It may lie on a disk. */
  maxHistory: number;
  /** `--max-history-total`, in bytes: the histories of all clients. The temporary folder is shared. */
  maxHistoryTotal: number;
  /** `--max-connections`: how many connections there may be at a time. */
  maxConnections: number;
  /** `--max-per-address`: how many of them from one address, so that none takes all of them. */
  maxPerAddress: number;
  /** `--handshake-timeout`, in milliseconds: a silent connection must not stay for ever. */
  handshakeTimeout: number;
  /**
   * `--idle-timeout`, in milliseconds: within it a whole message must come, or 64 KiB of a long one,
   * or a broadcast be taken.
   * An unplugged cable sends nothing, and a client that sends a byte a minute is no better.
   */
  idleTimeout: number;
  /** `--stall-timeout`, in milliseconds: a client with unread echoes must read some within it. */
  stallTimeout: number;
  /** `--slow-reader`: the policy for a client that cannot keep up with a broadcast. */
  slowReader: SlowReader;
  /** `--drain`, in milliseconds: the time for clients to read their echoes when the server stops. */
  drain: number;
}

/** The values of options that are not given. */
export const SERVER_DEFAULTS: ServerOptions = {
  broadcast: false,
  once: false,
  welcome: null,
  dialect: null,
  web: { names: ["localhost", "127.0.0.1", "::1"], origins: [] },
  buffer: BUFFER_SIZE,
  maxMessage: MAX_MESSAGE_BYTES,
  maxBuffered: 256 * 1024 ** 2,
  maxHistory: 256 * 1024 ** 2,
  maxHistoryTotal: 1024 ** 3,
  maxConnections: 10_000,
  maxPerAddress: 2_000,
  handshakeTimeout: 10_000,
  idleTimeout: 3_600_000,
  stallTimeout: 30_000,
  slowReader: "drop",
  drain: 5_000,
};

/**
 * The longest payload in an event, in bytes. A longer message passes through in pieces, so that none
 * needs more memory than this, unless broadcast sends it to others too.
 */
export const EVENT_PAYLOAD_LIMIT = 64 * 1024;

/**
 * A client that was silent for so long, in milliseconds, has nothing in flight when the server
 * stops. It is longer than most round trips, and short for a person that typed `exit`.
 */
export const DRAIN_QUIET_MS = 100;

/** How long the server waits for the client's end after its own, in milliseconds. */
export const LINGER_TIMEOUT_MS = 2_000;
