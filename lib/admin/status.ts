/**
 * The state of the server as one object: for the live page, for `echo top`, and as JSON.
 *
 * @module
 */
import { countIn, quantile, since, WRITE_BOUNDS } from "../server/buckets.ts";
import type { ConnectionRow } from "../server/meter.ts";
import type { Metrics } from "../server/metrics.ts";
import type { AdminSource, CertificateInfo, ServerState } from "./source.ts";

/** How much there is of what has a limit. */
export interface LimitUsage {
  /** The option that sets it: `max-connections`. */
  option: string;
  /** What it limits. */
  name: string;
  /** How much there is. */
  used: number;
  /** How much there may be. */
  limit: number;
  /** Whether both are bytes. */
  isBytes: boolean;
}

/** The state of the server at one moment. */
export interface Status {
  /** The version of echo. */
  version: string;
  /** When the process was started, in milliseconds since 1970. */
  started: number;
  /** The moment, in milliseconds since 1970. */
  time: number;
  /** What it is doing; `full`: it takes no more connections. */
  state: ServerState | "full";
  /** Clients that are there. */
  connections: number;
  /** Over the last second. */
  messagesPerSecond: number;
  /** Over the last second: payload that was echoed. */
  bytesPerSecond: number;
  /** How long the system took to take an echo in the last second, in milliseconds: of half of them. */
  writeP50: number | null;
  /** Of 99 of 100. */
  writeP99: number | null;
  /** Connections that were accepted since the start. */
  accepted: number;
  /** Messages that were echoed since the start. */
  messages: number;
  /** Their payload, in bytes. */
  receivedBytes: number;
  /** All bytes that were sent. */
  sentBytes: number;
  /** Datagrams that were echoed since the start. */
  datagrams: number;
  /** The first 200 clients, slow ones before others. */
  clients: ConnectionRow[];
  /** Connections that are gone, by reason. */
  closed: Record<string, number>;
  /** The limits, and how near they are. */
  limits: LimitUsage[];
  /** The certificate; null without TLS. */
  certificate: CertificateInfo | null;
  /** What the process takes, in bytes. */
  residentBytes: number;
}

/** What a status compares with. */
export interface Sample {
  /** When, in milliseconds since 1970. */
  time: number;
  /** What was counted until then. */
  metrics: Metrics;
}

/** The status at `now`, with rates since `before`. */
export function statusOf(
  source: AdminSource,
  now: Sample & { rows: ConnectionRow[] },
  before: Sample,
): Status {
  const { time, metrics, rows } = now;
  const seconds = Math.max(time - before.time, 1) / 1000;
  const total = totalsOf(metrics);
  const old = totalsOf(before.metrics);
  const writes = since(metrics.writeTimes, before.metrics.writeTimes);
  const milliseconds = (share: number) =>
    countIn(writes) === 0 ? null : quantile(writes, WRITE_BOUNDS, share)! * 1000;
  return {
    version: source.version,
    started: source.started,
    time,
    state: stateOf(source),
    connections: total.connections,
    messagesPerSecond: Math.max(0, total.messages - old.messages) / seconds,
    bytesPerSecond: Math.max(0, total.receivedBytes - old.receivedBytes) / seconds,
    writeP50: milliseconds(0.5),
    writeP99: milliseconds(0.99),
    accepted: metrics.accepted,
    messages: total.messages,
    receivedBytes: total.receivedBytes,
    sentBytes: total.sentBytes,
    datagrams: metrics.datagrams,
    clients: rows,
    closed: metrics.closed,
    limits: limitsOf(source, metrics),
    certificate: source.certificate(),
    residentBytes: source.process().residentBytes,
  };
}

/** What the server is doing, and whether it is full. */
export function stateOf(source: AdminSource): Status["state"] {
  const state = source.state();
  const isFull = source.connections() >= source.limits.maxConnections;
  return state === "serving" && isFull ? "full" : state;
}

/** The sums over all dialects. */
export function totalsOf(
  { traffic }: Metrics,
): { connections: number; messages: number; receivedBytes: number; sentBytes: number } {
  const sum = { connections: 0, messages: 0, receivedBytes: 0, sentBytes: 0 };
  for (const one of Object.values(traffic)) {
    sum.connections += one.connections;
    sum.messages += one.messages;
    sum.receivedBytes += one.receivedBytes;
    sum.sentBytes += one.sentBytes;
  }
  return sum;
}

function limitsOf({ limits }: AdminSource, { usage }: Metrics): LimitUsage[] {
  const row = (option: string, name: string, used: number, limit: number, isBytes = false) => ({
    option,
    name,
    used,
    limit,
    isBytes,
  });
  const { maxConnections, maxPerAddress, maxBuffered, maxHistoryTotal } = limits;
  return [
    row("max-connections", "connections", usage.connections, maxConnections),
    row("max-per-address", "from one address", usage.fromOneAddress, maxPerAddress),
    row("max-buffered", "long messages", usage.bufferedBytes, maxBuffered, true),
    row("max-history-total", "histories", usage.historyBytes, maxHistoryTotal, true),
  ];
}
