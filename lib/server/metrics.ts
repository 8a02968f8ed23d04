/**
 * What the server counts, as plain data: threads send it to each other, and add it up.
 *
 * @module
 */
import { DIALECTS } from "../wire/dialect.ts";
import { type Buckets, emptyBuckets, HANDSHAKE_BOUNDS, WRITE_BOUNDS } from "./buckets.ts";
import type { CloseReason, FailureReason, RejectionReason } from "./events.ts";

/** What came of a TLS handshake. */
export type HandshakeResult = "ok" | "failed" | "timeout" | "probe" | "shutdown";

/** What is counted of each dialect; `http` are connections with a request. */
export interface Traffic {
  /** Clients that are there. */
  connections: number;
  /** Messages that were echoed. */
  messages: number;
  /** The bytes of their payloads. */
  receivedBytes: number;
  /** All bytes that the system has taken, with what frames them. */
  sentBytes: number;
}

/** All of it since the start, but for what is there now: `connections` and `usage`. */
export interface Metrics {
  /** Connections that were accepted. */
  accepted: number;
  /** Those that are gone, by their reasons. */
  closed: Record<CloseReason | FailureReason, number>;
  /** By dialect. */
  traffic: Record<string, Traffic>;
  /** TLS handshakes by their results, and how long those took that succeeded. */
  handshakes: Record<HandshakeResult, number>;
  /** As above. */
  handshakeTimes: Buckets;
  /** How long the system took to take each echo. */
  writeTimes: Buckets;
  /** Requests of HTTP by the status of their answers. */
  httpRequests: Record<string, number>;
  /** Messages that were not sent to clients that were too slow. */
  broadcastDropped: number;
  /** Attempts to accept that failed. */
  acceptFailures: number;
  /** What was done on request (`--fault`), by the fault. */
  faults: Record<string, number>;
  /** Datagrams that were echoed. */
  datagrams: number;
  /** Those that were not. */
  rejectedDatagrams: Record<RejectionReason, number>;
  /** The room that is shared with other servers; all 0 without one. */
  room: RoomMetrics;
  /** How much there is of what has a limit. */
  usage: Usage;
}

/** What is counted of a room. */
export interface RoomMetrics {
  /** 1 while it is shared, else 0. */
  linked: number;
  /** How often it was cut off. */
  cuts: number;
  /** Messages of other servers that did not come. */
  missed: number;
  /** What came that no server of ours sends. */
  rejected: number;
}

/** How much there is of what has a limit. */
export interface Usage {
  /** `--max-connections`. */
  connections: number;
  /** `--max-per-address`, of the address that has the most. */
  fromOneAddress: number;
  /** `--max-buffered`, in bytes. */
  bufferedBytes: number;
  /** `--max-history-total`, in bytes. */
  historyBytes: number;
}

/** Nothing of anything. Every reason is there from the start, as graphs need it. */
export function emptyMetrics(): Metrics {
  return {
    accepted: 0,
    closed: {
      "quit": 0,
      "exit": 0,
      "empty": 0,
      "end": 0,
      "lost": 0,
      "truncated": 0,
      "too-large": 0,
      "bad-frame": 0,
      "idle-timeout": 0,
      "slow-reader": 0,
      "over-limit": 0,
      "http": 0,
      "shutdown": 0,
      "probe": 0,
      "handshake-failed": 0,
      "handshake-timeout": 0,
    },
    traffic: Object.fromEntries([...Object.keys(DIALECTS), "http"].map((name) => [name, {
      connections: 0,
      messages: 0,
      receivedBytes: 0,
      sentBytes: 0,
    }])),
    handshakes: { ok: 0, failed: 0, timeout: 0, probe: 0, shutdown: 0 },
    handshakeTimes: emptyBuckets(HANDSHAKE_BOUNDS),
    writeTimes: emptyBuckets(WRITE_BOUNDS),
    httpRequests: {},
    broadcastDropped: 0,
    acceptFailures: 0,
    faults: {},
    datagrams: 0,
    rejectedDatagrams: { "privileged-port": 0, "own-port": 0, "loop": 0, "rate": 0 },
    room: { linked: 0, cuts: 0, missed: 0, rejected: 0 },
    usage: { connections: 0, fromOneAddress: 0, bufferedBytes: 0, historyBytes: 0 },
  };
}

/** All of both. */
export function addMetrics(one: Metrics, other: Metrics): Metrics {
  return added(one, other) as Metrics;
}

/** A number, or records and arrays of them. */
type Numbers = number | { [name: string]: Numbers };

function added(one: unknown, other: unknown): unknown {
  if (typeof one === "number" || typeof other === "number") {
    return (one as number ?? 0) + (other as number ?? 0);
  }
  if (Array.isArray(one)) return one.map((value, at) => added(value, (other as unknown[])[at]));
  const [a, b] = [one, other] as { [name: string]: Numbers }[];
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return Object.fromEntries([...names].map((name) => [name, added(a?.[name], b?.[name])]));
}
