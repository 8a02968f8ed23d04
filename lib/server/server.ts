/**
 * The echo service, as a function of what surrounds it.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import type { Listener } from "../net/listen.ts";
import { delay } from "../std.ts";
import { DIALECTS, type DialectTable } from "../wire/dialect.ts";
import { MemoryBudget } from "../wire/memory_budget.ts";
import { acceptLoop } from "./accept_loop.ts";
import type { Bus } from "./bus.ts";
import { type ConnectionContext, eventFields } from "./connection.ts";
import type { Sink } from "./events.ts";
import { FirstClient } from "./first_client.ts";
import { BroadcastHub } from "./hub.ts";
import { ConnectionMonitor } from "./connection_monitor.ts";
import { type ConnectionLimiter, LocalConnectionLimiter } from "./limits.ts";
import type { Meter } from "./meter.ts";
import type { ServerOptions } from "./options.ts";
import { serveClient, type SessionResult } from "./session.ts";

/** How long a session may take to end once its connection is closed, in milliseconds. */
const ABORT_GRACE_MS = 200;

/** What a server shares with the others of its kind, if there are others. */
export interface SharedState {
  /** The memory for long messages. */
  budget: MemoryBudget;
  /** Distributes broadcasts; null without `--broadcast`. */
  hub: BroadcastHub | null;
  /** Knows which client of all is the first. */
  firstClient: FirstClient;
  /** Counts the connections of all. */
  limiter: ConnectionLimiter;
  /** Counts for `--admin`; null without it. */
  meter: Meter | null;
  /** The id of its nth connection, n counted from 1. */
  connectionId(nth: number): number;
  /** The dialects that clients can choose from. */
  dialects: DialectTable;
}

/** The state of a server that is alone. */
export function standalone(
  { broadcast, maxBuffered, maxConnections, maxPerAddress }: ServerOptions,
  meter: Meter | null = null,
  bus: Bus | null = null,
): SharedState {
  const budget = new MemoryBudget(maxBuffered);
  return {
    budget,
    hub: broadcast ? new BroadcastHub(budget, bus) : null,
    firstClient: new FirstClient(),
    limiter: new LocalConnectionLimiter(maxConnections, maxPerAddress),
    meter,
    connectionId: (nth) => nth,
    dialects: DIALECTS,
  };
}

/**
 * Serves every client that `listener` brings until `signal` is aborted, or with `options.once` until
 * the client has left whose first message came first. Then it tells the clients, finishes their echoes, and settles when the
 * last one is gone, `options.drain` later at most.
 * Whatever a peer does ends its own connection only; this never rejects.
 */
export async function serve(
  listener: Listener,
  options: ServerOptions,
  sink: Sink,
  signal: AbortSignal,
  shared: SharedState = standalone(options),
): Promise<void> {
  const { hostname, port, advertisedAddress, noDelay } = listener;
  const { broadcast, once, drain, maxHistoryTotal } = options;
  const { handshakeTimeout, idleTimeout, stallTimeout } = options;
  const sessions = new Map<Conn, Promise<void>>();
  const { hub, budget, limiter, firstClient, meter, dialects } = shared;
  const monitor = new ConnectionMonitor(handshakeTimeout, idleTimeout, stallTimeout);
  const historyBudget = new MemoryBudget(maxHistoryTotal);
  meter?.watch(() => ({
    ...limiter.usage,
    bufferedBytes: budget.used,
    historyBytes: historyBudget.used,
  }));
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  stop.addEventListener("abort", () => monitor.stop(), { once: true });
  let connections = 0;
  let messages = 0;
  const time = Date.now();
  const start = { hostname, port, advertisedAddress, broadcast, noDelay };
  await sink.emit({ type: "server-start", time, ...start });

  for await (const conn of acceptLoop(listener, sink, stop)) {
    const id = shared.connectionId(++connections);
    meter?.accepted();
    const ofAll = { dialects, limiter, firstClient, hub, budget, meter };
    const forAll = { ...ofAll, options, historyBudget, monitor, sink };
    const context = { conn, id, ...forAll };
    const onFault = (error: unknown) => endFaulty(context, error);
    const session = serveClient(context).catch(onFault).then((result) => {
      messages += result.messages;
      sessions.delete(conn);
      if (once && result.isFirst) done.abort();
    });
    sessions.set(conn, session);
  }

  const drained = new AbortController();
  const late = delay(drain, { signal: drained.signal }).then(async () => {
    sessions.forEach((_, conn) => conn.abort());
    // A session that hangs even then, on a sink that takes nothing, is left behind.
    await delay(ABORT_GRACE_MS, { signal: drained.signal });
  });
  await Promise.race([Promise.all(sessions.values()), late]);
  drained.abort();
  monitor.close();
  hub?.[Symbol.dispose]();
  late.catch(() => {}); // aborted
  void sink.emit({ type: "server-stop", time: Date.now(), port, connections, messages });
}

/** Ends a connection whose session has rejected: a fault of ours must not end the others. */
async function endFaulty(context: ConnectionContext, error: unknown): Promise<SessionResult> {
  const { conn, id, limiter, sink } = context;
  conn.abort();
  limiter.release(id);
  const fields = eventFields(context);
  await sink.emit({ type: "internal-error", ...fields, problem: reasonOf(error) });
  return { isFirst: false, messages: 0 };
}
