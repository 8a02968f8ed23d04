/**
 * What the parts of one connection's life share.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import type { Codec } from "../wire/codec.ts";
import type { Dialect, DialectTable } from "../wire/dialect.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { ByteReader } from "../wire/reader.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import type { ConnectionEvent, Sink } from "./events.ts";
import type { FirstClient } from "./first_client.ts";
import type { BroadcastHub } from "./hub.ts";
import type { ConnectionMonitor } from "./connection_monitor.ts";
import type { ConnectionLimiter } from "./limits.ts";
import type { Meter } from "./meter.ts";
import { EVENT_PAYLOAD_LIMIT, type ServerOptions } from "./options.ts";

/** A connection and what the server has for all connections. */
export interface ConnectionContext {
  /** The connection, its handshake still to come. */
  conn: Conn;
  /** Its number. */
  id: number;
  /** The server's limits. */
  options: ServerOptions;
  /** The dialects to choose from. */
  dialects: DialectTable;
  /** Decides whether there may be one more. */
  limiter: ConnectionLimiter;
  /** Distributes broadcasts; null without `--broadcast`. */
  hub: BroadcastHub | null;
  /** The memory for long messages. */
  budget: MemoryBudget;
  /** The room for the histories of all clients, in memory and on the disk. */
  historyBudget: MemoryBudget;
  /** Knows which client is the first, for `--once`. */
  firstClient: FirstClient;
  /** Checks its timeouts, and knows when the server stops. */
  monitor: ConnectionMonitor;
  /** Takes its events. */
  sink: Sink;
  /** Counts for `--admin`; null without it. */
  meter: Meter | null;
}

/** Both directions of a connection in its dialect. */
export interface ConnectionIo {
  /** The connection underneath. */
  readonly conn: Conn;
  /** All reads. */
  readonly reader: ByteReader;
  /** All writes. */
  readonly queue: WriteQueue;
  /** Takes the client's messages out of the reader. A request for a WebSocket changes it. */
  codec: Codec;
}

/** Opens both directions. With broadcast each message is held whole, since others get it too. */
export function openIo(context: ConnectionContext, dialect: Dialect): ConnectionIo {
  const { conn, options: { buffer }, budget, meter } = context;
  const reader = new ByteReader(conn, buffer, budget);
  const codec = openCodec(context, dialect, reader);
  return { conn, reader, queue: new WriteQueue(conn, meter), codec };
}

/** The codec of a dialect, on a reader that may have bytes already. */
export function openCodec(
  { options: { maxMessage, broadcast } }: ConnectionContext,
  dialect: Dialect,
  reader: ByteReader,
): Codec {
  const maxHeld = broadcast ? maxMessage : EVENT_PAYLOAD_LIMIT;
  return dialect.open({ reader, limits: { maxMessage, maxHeld } });
}

/** The fields of every event of a connection. */
export function eventFields({ id, conn }: ConnectionContext): ConnectionEvent {
  return { time: Date.now(), conn: id, peer: conn.peer };
}
