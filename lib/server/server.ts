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
import { type Door, Limits } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { Room } from "./room.ts";
import { serveClient } from "./session.ts";
import { Watch } from "./watch.ts";

/** How long a session may take to end once its connection is closed, in milliseconds. */
const LAST_MOMENT = 200;

/** How long to wait after a failed accept, in milliseconds: at first, and at most. */
const BACK_OFF = { first: 10, most: 500 };

/** How often failed accepts are told, in milliseconds: they come by the dozen. */
const TELL_EVERY = 1_000;

/** What a server has in common with others of its kind, if there are others. */
export interface Share {
  /** Where everybody is, if there is broadcast. */
  room: Room | null;
  /** Counts the connections of all. */
  door: Door;
  /** The number of its nth connection, n counted from 1. */
  number(nth: number): number;
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
  share: Share = alone(options),
): Promise<void> {
  const { hostname, port, advertisedAddress, noDelay } = listener;
  const { broadcast, once, drain } = options;
  const open = new Map<Conn, Promise<void>>();
  const { room, door } = share;
  const watch = new Watch(options.idleTimeout, options.stallTimeout);
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

  for await (const conn of accepted(listener, emit, stop)) {
    const id = share.number(++connections);
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
    await delay(LAST_MOMENT, { signal: drained.signal });
  });
  await Promise.race([Promise.all(open.values()), late]);
  drained.abort();
  watch.close();
  late.catch(() => {}); // aborted
  void emit({ type: "server-stop", time: Date.now(), port, connections, messages });
}

/** What a server has for itself. */
function alone({ broadcast, maxConnections, maxPerAddress }: ServerOptions): Share {
  return {
    room: broadcast ? new Room() : null,
    door: new Limits(maxConnections, maxPerAddress),
    number: (nth) => nth,
  };
}

/** Connections until `signal` is aborted. An accept that fails is told and tried again later. */
async function* accepted(
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
      if (performance.now() - told >= TELL_EVERY) {
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
