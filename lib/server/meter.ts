/**
 * Counts what happens, for `--admin`. A message costs nothing here: each connection counts its own
 * anyway, and is asked for each report. Only writes are timed.
 *
 * @module
 */
import { HANDSHAKE_BOUNDS, observe, WRITE_BOUNDS } from "./buckets.ts";
import type { CloseReason, EmittedEvent, FailureReason, Sink } from "./events.ts";
import {
  addMetrics,
  emptyMetrics,
  type HandshakeResult,
  type Metrics,
  type RoomMetrics,
  type Traffic,
  type Usage,
} from "./metrics.ts";

/** How many connections a report shows. */
export const MAX_ROWS = 200;

/** A connection as people look at it. */
export interface ConnectionRow {
  /** Its number. */
  conn: number;
  /** The other end: `[::1]:50514`. */
  peer: string;
  /** Its dialect, or `http`. */
  dialect: string;
  /** Since when it is there, in milliseconds since 1970. */
  since: number;
  /** How many messages were echoed. */
  messages: number;
  /** How many bytes of payload they had. */
  receivedBytes: number;
  /** How many bytes the system has taken. */
  sentBytes: number;
  /** How many bytes wait for it. */
  waitingBytes: number;
  /** For how long no message came, in milliseconds; looked at once a second. */
  idle: number;
  /** Whether it does not read what is sent to it. */
  isSlow: boolean;
}

/** A connection that can be asked. */
export interface Metered {
  /** Whether it is a client: it may still be one that only looks whether there is a port. */
  readonly isClient: boolean;
  /** What it has done so far. */
  describe(): ConnectionRow;
}

/** What a thread, or all of them together, can tell. */
export interface Report {
  /** All that was counted. */
  metrics: Metrics;
  /** The first connections; slow ones come before others. */
  rows: ConnectionRow[];
}

/** Counts for one thread. */
export class Meter implements Sink {
  /** Messages are counted by their connections. */
  readonly wantsMessages = false;
  readonly #counted = emptyMetrics();
  readonly #open = new Set<Metered>();
  readonly #usages: (() => Partial<Usage>)[] = [];

  /** A connection was accepted. */
  accepted(): void {
    this.#counted.accepted++;
  }

  /** A handshake was done, or failed, after so many milliseconds. */
  handshook(result: HandshakeResult, milliseconds: number): void {
    const { handshakes, handshakeTimes } = this.#counted;
    handshakes[result]++;
    if (result === "ok") observe(handshakeTimes, HANDSHAKE_BOUNDS, milliseconds / 1000);
  }

  /** The system has taken a write, after so many milliseconds. */
  wrote(milliseconds: number): void {
    observe(this.#counted.writeTimes, WRITE_BOUNDS, milliseconds / 1000);
  }

  /** Asks `it` from now on. */
  opened(it: Metered): void {
    this.#open.add(it);
  }

  /** Keeps what `it` has done: it is gone. */
  closed(it: Metered, reason: CloseReason | FailureReason): void {
    if (!this.#open.delete(it)) return;
    this.#counted.closed[reason]++;
    add(this.#counted, it.describe());
  }

  /** A connection did not become one that can be asked. */
  failed(reason: FailureReason): void {
    this.#counted.closed[reason]++;
  }

  /** A connection has sent so many bytes as another dialect than it speaks from now on. */
  sentAs(dialect: string, bytes: number): void {
    trafficOf(this.#counted, dialect).sentBytes += bytes;
  }

  /** Asks `usage` with each report: how much is there of what has a limit? */
  watch(usage: () => Partial<Usage>): void {
    this.#usages.push(usage);
  }

  /** How much there is of what has a limit. */
  get usage(): Usage {
    return Object.assign(emptyMetrics().usage, ...this.#usages.map((usage) => usage()));
  }

  /** As in `Sink`. */
  emit(event: EmittedEvent): void {
    const counted = this.#counted;
    switch (event.type) {
      case "http-request":
        counted.httpRequests[event.status] = (counted.httpRequests[event.status] ?? 0) + 1;
        break;
      case "broadcast-dropped":
        counted.broadcastDropped += event.count;
        break;
      case "fault-injected":
        counted.faults[event.fault] = (counted.faults[event.fault] ?? 0) + 1;
        break;
      case "accept-failed":
        counted.acceptFailures += event.count;
        break;
      case "datagram":
        counted.datagrams++;
        break;
      case "datagram-rejected":
        counted.rejectedDatagrams[event.reason] += event.count;
        break;
      default:
        countRoom(counted.room, event);
    }
  }

  /** As in `Sink`: nothing waits here. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** All of it, as it is now. */
  report(): Report {
    const metrics = addMetrics(this.#counted, emptyMetrics()); // a copy
    metrics.usage = this.usage;
    const rows: ConnectionRow[] = [];
    for (const it of this.#open) {
      const row = it.describe();
      add(metrics, row);
      if (!it.isClient) continue;
      trafficOf(metrics, row.dialect).connections++;
      if (row.isSlow || rows.length < MAX_ROWS) rows.push(row);
    }
    return { metrics, rows: firstOf(rows) };
  }
}

/** The rows that are shown of several threads' or of many. */
export function firstOf(rows: ConnectionRow[]): ConnectionRow[] {
  return rows
    .sort((a, b) => Number(b.isSlow) - Number(a.isSlow) || a.conn - b.conn)
    .slice(0, MAX_ROWS);
}

function countRoom(room: RoomMetrics, event: EmittedEvent): void {
  if (event.type === "room-linked") room.linked = 1;
  else if (event.type === "room-cut") {
    room.cuts += room.linked;
    room.linked = 0;
  } else if (event.type === "room-missed") room.missed += event.count;
  else if (event.type === "room-rejected") room.rejected += event.count;
}

function add(metrics: Metrics, row: ConnectionRow): void {
  const traffic = trafficOf(metrics, row.dialect);
  traffic.messages += row.messages;
  traffic.receivedBytes += row.receivedBytes;
  traffic.sentBytes += row.sentBytes;
}

function trafficOf({ traffic }: Metrics, dialect: string): Traffic {
  return traffic[dialect] ??= { connections: 0, messages: 0, receivedBytes: 0, sentBytes: 0 };
}
