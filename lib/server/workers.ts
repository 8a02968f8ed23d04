/**
 * The same service in several threads that share a port. The system deals connections out to them;
 * this is all that they have in common: what is told, what everybody hears, and the end.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import type { Credentials, Listener } from "../net/listen.ts";
import type { Emit, MessagesReceived, ServerEvent } from "./events.ts";
import { type ConnectionLimiter, LocalConnectionLimiter, type Rejection } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { BroadcastHub } from "./hub.ts";
import { serve } from "./server.ts";

/** What a worker is told. */
export type ToWorker =
  /** Serves with `options` as number `index` (from 0) of `count`; tells of messages if `wanted`. */
  | { type: "serve"; options: ServerOptions; index: number; count: number; wanted: boolean }
  /** Somebody at another worker said something: a `broadcast` payload. */
  | { type: "hear"; payload: Uint8Array }
  /** Shows new connections another certificate. */
  | { type: "renew"; tls: Credentials }
  /** Whether connection `id` may stay. */
  | { type: "verdict"; id: number; refusal: Rejection | null }
  /** That many bytes of what it told have been taken. */
  | { type: "taken"; bytes: number }
  /** Stops, as a server does. */
  | { type: "stop" };

/** What a worker tells. */
export type ToPrimary =
  /** What happened, and how much of what may be on its way it is, in bytes. */
  | { type: "events"; events: ServerEvent[]; bytes: number }
  /** Connection `id` has come, or gone: only the leader can count all. */
  | { type: "enter"; id: number; address: string }
  | { type: "leave"; id: number }
  /** Somebody at this worker said something. */
  | { type: "say"; payload: Uint8Array };

/** One end of the way between a worker and who leads it; a `Worker` and its `self` satisfy it. */
export interface MessageEndpoint<Out, In> {
  /** Sends a copy. */
  postMessage(message: Out): void;
  /** Called with what comes. */
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

/** How much a worker may tell before it has to wait until it is taken, in bytes. */
const MAX_UNACKED_BYTES = 1024 * 1024;

/** What an event costs besides its payload, in bytes, roughly. */
const PER_EVENT_OVERHEAD = 256;

/**
 * Leads `workers`, each of which has its listener: serves until `signal` is aborted, or until one of
 * them is done; settles when all are. `wanted` says whether `emit` cares for messages.
 */
export async function runPrimary(
  workers: MessageEndpoint<ToWorker, ToPrimary>[],
  options: ServerOptions,
  emit: Emit,
  signal: AbortSignal,
  wanted: boolean,
): Promise<void> {
  const count = workers.length;
  const limits = new LocalConnectionLimiter(options.maxConnections, options.maxPerAddress);
  const done = Promise.withResolvers<void>();
  const total = { connections: 0, messages: 0 };
  let started = 0;
  let stopped = 0;

  const tell = (event: ServerEvent): void | Promise<void> => {
    switch (event.type) {
      case "server-start":
        return ++started === count ? emit(event) : undefined;
      case "server-stop":
        total.connections += event.connections;
        total.messages += event.messages;
        if (++stopped < count) return postToAll(workers, { type: "stop" }); // with --once, one is the first
        done.resolve();
        return emit({ ...event, ...total });
      default:
        return emit(event);
    }
  };
  workers.forEach((worker, index) => {
    worker.onmessage = async ({ data: report }) => {
      switch (report.type) {
        case "enter": {
          const { id, address } = report;
          worker.postMessage({ type: "verdict", id, refusal: limits.acquire(id, address) });
          break;
        }
        case "leave":
          limits.release(report.id);
          break;
        case "say":
          postToAll(workers.filter((it) => it !== worker), {
            type: "hear",
            payload: report.payload,
          });
          break;
        case "events":
          await Promise.all(report.events.map(tell));
          worker.postMessage({ type: "taken", bytes: report.bytes });
      }
    };
    const own = { ...options, maxBuffered: Math.floor(options.maxBuffered / count) };
    worker.postMessage({ type: "serve", options: own, index, count, wanted });
  });
  const stop = () => postToAll(workers, { type: "stop" });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await done.promise;
  signal.removeEventListener("abort", stop);
}

/** Tells several workers the same. */
export function postToAll(workers: MessageEndpoint<ToWorker, ToPrimary>[], order: ToWorker): void {
  for (const worker of workers) worker.postMessage(order);
}

/** Serves as one of several, as `leader` orders. */
export function runWorker(leader: MessageEndpoint<ToPrimary, ToWorker>, listener: Listener): void {
  const teller = new EventForwarder(leader);
  const stop = new AbortController();
  const door = new RemoteLimiter(leader);
  let room: BroadcastHub | null = null;
  leader.onmessage = ({ data: order }) => {
    switch (order.type) {
      case "serve": {
        const { options, index, count, wanted } = order;
        if (options.broadcast) {
          room = new BroadcastHub((payload) => leader.postMessage({ type: "say", payload }));
        }
        const emit: Emit = (event) => {
          if (event.type !== "messages") return teller.send(event);
          if (wanted) return teller.sendMessages(event);
        };
        const number = (nth: number) => (nth - 1) * count + index + 1;
        void serve(listener, options, emit, stop.signal, { room, door, connectionId: number });
        break;
      }
      case "hear":
        return room?.deliver(order.payload);
      case "renew":
        return void listener.renew(order.tls).catch((error) =>
          teller.send({ type: "certificate-rejected", time: Date.now(), problem: reasonOf(error) })
        );
      case "verdict":
        return door.resolve(order.id, order.refusal);
      case "taken":
        return teller.ack(order.bytes);
      case "stop":
        return stop.abort();
    }
  };
}

/** Asks the leader. */
class RemoteLimiter implements ConnectionLimiter {
  readonly #leader: MessageEndpoint<ToPrimary, ToWorker>;
  readonly #waiting = new Map<number, (refusal: Rejection | null) => void>();

  constructor(leader: MessageEndpoint<ToPrimary, ToWorker>) {
    this.#leader = leader;
  }

  acquire(id: number, address: string): Promise<Rejection | null> {
    this.#leader.postMessage({ type: "enter", id, address });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  resolve(id: number, refusal: Rejection | null): void {
    this.#waiting.get(id)?.(refusal);
    this.#waiting.delete(id);
  }

  release(id: number): void {
    this.#leader.postMessage({ type: "leave", id });
  }
}

/** Tells what happens, many events at a time, and no more than is taken. */
class EventForwarder {
  readonly #leader: MessageEndpoint<ToPrimary, ToWorker>;
  #events: ServerEvent[] = [];
  #bytes = 0;
  /** What was told and not taken, in bytes. */
  #unacked = 0;
  #writable: PromiseWithResolvers<void> | null = null;

  constructor(leader: MessageEndpoint<ToPrimary, ToWorker>) {
    this.#leader = leader;
  }

  send(event: ServerEvent): void | Promise<void> {
    return this.#add(event, PER_EVENT_OVERHEAD);
  }

  sendMessages({ time, conn, peer, payloads }: MessagesReceived): void | Promise<void> {
    let full: void | Promise<void> = undefined;
    for (const payload of payloads()) {
      const bytes = payload.length;
      // A copy: by the time it is sent, the view is on other bytes.
      const event = { type: "message", time, conn, peer, bytes, payload: payload.slice() } as const;
      full = this.#add(event, PER_EVENT_OVERHEAD + bytes);
    }
    return full;
  }

  ack(bytes: number): void {
    this.#unacked -= bytes;
    if (this.#unacked > MAX_UNACKED_BYTES) return;
    this.#writable?.resolve();
    this.#writable = null;
  }

  #add(event: ServerEvent, bytes: number): void | Promise<void> {
    if (this.#events.length === 0) setTimeout(() => this.#flush());
    this.#events.push(event);
    this.#bytes += bytes;
    this.#unacked += bytes;
    if (this.#unacked > MAX_UNACKED_BYTES) {
      return (this.#writable ??= Promise.withResolvers()).promise;
    }
  }

  #flush(): void {
    this.#leader.postMessage({ type: "events", events: this.#events, bytes: this.#bytes });
    this.#events = [];
    this.#bytes = 0;
  }
}
