/**
 * The echo service, as a function of what surrounds it.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import type { Listener } from "../net/listen.ts";
import { delay } from "../std.ts";
import { MemoryBudget } from "../wire/memory_budget.ts";
import type { Emit } from "./events.ts";
import { type ConnectionLimiter, LocalConnectionLimiter } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { BroadcastHub } from "./hub.ts";
import { serveClient } from "./session.ts";
import { IdleMonitor } from "./idle_monitor.ts";

/** How long a session may take to end once its connection is closed, in milliseconds. */
const ABORT_GRACE_MS = 200;

/** How long to wait after a failed accept, in milliseconds: at first, and at most. */
const BACK_OFF = { first: 10, most: 500 };

/** How often failed accepts are told, in milliseconds: they come by the dozen. */
const REPORT_INTERVAL_MS = 1_000;

/** What a server has in common with others of its kind, if there are others. */
export interface SharedState {
  /** Where everybody is, if there is broadcast. */
  room: BroadcastHub | null;
  /** Counts the connections of all. */
  door: ConnectionLimiter;
  /** The number of its nth connection, n counted from 1. */
  connectionId(nth: number): number;
}

/**
 * Serves every client that `listener` brings until `signal` is aborted, or with `options.once` until
 * the first client has left; then tells the clients, finishes their echoes, and settles when the
 * last one is gone, `options.drain` later at most.
 * Whatever a peer does ends its own connection only; this never rejects.
 */
export async function serve(
  listener: Listener,
  options: ServerOptions,
  emit: Emit,
  signal: AbortSignal,
  share: SharedState = standalone(options),
): Promise<void> {
  const { hostname, port, advertisedAddress, noDelay } = listener;
  const { broadcast, once, drain } = options;
  const open = new Map<Conn, Promise<void>>();
  const { room, door } = share;
  const watch = new IdleMonitor(options.idleTimeout, options.stallTimeout);
  const budget = new MemoryBudget(options.maxBuffered);
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  let connections = 0;
  let messages = 0;
  await emit({
    type: "server-start",
    time: Date.now(),
    hostname,
    port,
    advertisedAddress,
    broadcast,
    noDelay,
  });

  for await (const conn of acceptLoop(listener, emit, stop)) {
    const id = share.connectionId(++connections);
    const context = { conn, id, options, door, room, budget, watch, emit, stop };
    const session = serveClient(context).then((result) => {
      messages += result.messages;
      open.delete(conn);
      if (once && result.served) done.abort();
    });
    open.set(conn, session);
  }

  const drained = new AbortController();
  const late = delay(drain, { signal: drained.signal }).then(async () => {
    open.forEach((_, conn) => conn.abort());
    // What hangs even then, as a sink that takes nothing, is left behind.
    await delay(ABORT_GRACE_MS, { signal: drained.signal });
  });
  await Promise.race([Promise.all(open.values()), late]);
  drained.abort();
  watch.close();
  late.catch(() => {}); // aborted
  void emit({ type: "server-stop", time: Date.now(), port, connections, messages });
}

/** What a server has for itself. */
function standalone({ broadcast, maxConnections, maxPerAddress }: ServerOptions): SharedState {
  return {
    room: broadcast ? new BroadcastHub() : null,
    door: new LocalConnectionLimiter(maxConnections, maxPerAddress),
    connectionId: (nth) => nth,
  };
}

/** Connections until `signal` is aborted. An accept that fails is told and tried again later. */
async function* acceptLoop(
  listener: Listener,
  emit: Emit,
  signal: AbortSignal,
): AsyncGenerator<Conn, void> {
  if (signal.aborted) return listener.close();
  signal.addEventListener("abort", () => listener.close(), { once: true });
  let backOff = BACK_OFF.first;
  let failed = 0;
  let told = -Infinity;
  while (!signal.aborted) {
    try {
      const conn = await listener.accept();
      backOff = BACK_OFF.first;
      yield conn;
    } catch (error) {
      if (signal.aborted) return;
      failed++;
      if (performance.now() - told >= REPORT_INTERVAL_MS) {
        told = performance.now();
        const problem = error instanceof Error ? error.message : String(error);
        await emit({ type: "accept-failed", time: Date.now(), problem, count: failed });
        failed = 0;
      }
      await delay(backOff, { signal }).catch(() => {});
      backOff = Math.min(backOff * 2, BACK_OFF.most);
    }
  }
}
