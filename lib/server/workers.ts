/**
 * The same service in several threads that share a port. The system deals connections out to them;
 * this is all that they have in common: what is told, what everybody hears, and the end.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import type { Credentials, Listener } from "../net/listen.ts";
import type { Emit, MessagesReceived, ServerEvent } from "./events.ts";
import { type Door, Limits, type Refusal } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { Room } from "./room.ts";
import { serve } from "./server.ts";

/** What a worker is told. */
export type Order =
  /** Serves with `options` as number `index` (from 0) of `count`; tells of messages if `wanted`. */
  | { type: "serve"; options: ServerOptions; index: number; count: number; wanted: boolean }
  /** Somebody at another worker said something: a `broadcast` payload. */
  | { type: "hear"; payload: Uint8Array }
  /** Shows new connections another certificate. */
  | { type: "renew"; tls: Credentials }
  /** Whether connection `id` may stay. */
  | { type: "verdict"; id: number; refusal: Refusal | null }
  /** That many bytes of what it told have been taken. */
  | { type: "taken"; bytes: number }
  /** Stops, as a server does. */
  | { type: "stop" };

/** What a worker tells. */
export type Report =
  /** What happened, and how much of what may be on its way it is, in bytes. */
  | { type: "events"; events: ServerEvent[]; bytes: number }
  /** Connection `id` has come, or gone: only the leader can count all. */
  | { type: "enter"; id: number; address: string }
  | { type: "leave"; id: number }
  /** Somebody at this worker said something. */
  | { type: "say"; payload: Uint8Array };

/** One end of the way between a worker and who leads it; a `Worker` and its `self` satisfy it. */
export interface Port<Out, In> {
  /** Sends a copy. */
  postMessage(message: Out): void;
  /** Called with what comes. */
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

/** How much a worker may tell before it has to wait until it is taken, in bytes. */
const LIMIT = 1024 * 1024;

/** What an event costs besides its payload, in bytes, roughly. */
const EVENT = 256;

/**
 * Leads `workers`, each of which has its listener: serves until `signal` is aborted, or until one of
 * them is done; settles when all are. `wanted` says whether `emit` cares for messages.
 */
export async function lead(
  workers: Port<Order, Report>[],
  options: ServerOptions,
  emit: Emit,
  signal: AbortSignal,
  wanted: boolean,
): Promise<void> {
  const count = workers.length;
  const limits = new Limits(options.maxConnections, options.maxPerAddress);
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
        if (++stopped < count) return orderAll(workers, { type: "stop" }); // with --once, one is the first
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
          worker.postMessage({ type: "verdict", id, refusal: limits.enter(id, address) });
          break;
        }
        case "leave":
          limits.leave(report.id);
          break;
        case "say":
          orderAll(workers.filter((it) => it !== worker), {
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
  const stop = () => orderAll(workers, { type: "stop" });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await done.promise;
  signal.removeEventListener("abort", stop);
}

/** Tells several workers the same. */
export function orderAll(workers: Port<Order, Report>[], order: Order): void {
  for (const worker of workers) worker.postMessage(order);
}

/** Serves as one of several, as `leader` orders. */
export function follow(leader: Port<Report, Order>, listener: Listener): void {
  const teller = new Teller(leader);
  const stop = new AbortController();
  const door = new FarDoor(leader);
  let room: Room | null = null;
  leader.onmessage = ({ data: order }) => {
    switch (order.type) {
      case "serve": {
        const { options, index, count, wanted } = order;
        if (options.broadcast) {
          room = new Room((payload) => leader.postMessage({ type: "say", payload }));
        }
        const emit: Emit = (event) => {
          if (event.type !== "messages") return teller.tell(event);
          if (wanted) return teller.tellMessages(event);
        };
        const number = (nth: number) => (nth - 1) * count + index + 1;
        void serve(listener, options, emit, stop.signal, { room, door, number });
        break;
      }
      case "hear":
        return room?.tell(order.payload);
      case "renew":
        return void listener.renew(order.tls).catch((error) =>
          teller.tell({ type: "certificate-refused", time: Date.now(), problem: reasonOf(error) })
        );
      case "verdict":
        return door.open(order.id, order.refusal);
      case "taken":
        return teller.taken(order.bytes);
      case "stop":
        return stop.abort();
    }
  };
}

/** Asks the leader. */
class FarDoor implements Door {
  readonly #leader: Port<Report, Order>;
  readonly #waiting = new Map<number, (refusal: Refusal | null) => void>();

  constructor(leader: Port<Report, Order>) {
    this.#leader = leader;
  }

  enter(id: number, address: string): Promise<Refusal | null> {
    this.#leader.postMessage({ type: "enter", id, address });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  open(id: number, refusal: Refusal | null): void {
    this.#waiting.get(id)?.(refusal);
    this.#waiting.delete(id);
  }

  leave(id: number): void {
    this.#leader.postMessage({ type: "leave", id });
  }
}

/** Tells what happens, many events at a time, and no more than is taken. */
class Teller {
  readonly #leader: Port<Report, Order>;
  #events: ServerEvent[] = [];
  #bytes = 0;
  /** What was told and not taken, in bytes. */
  #owed = 0;
  #room: PromiseWithResolvers<void> | null = null;

  constructor(leader: Port<Report, Order>) {
    this.#leader = leader;
  }

  tell(event: ServerEvent): void | Promise<void> {
    return this.#add(event, EVENT);
  }

  tellMessages({ time, conn, peer, payloads }: MessagesReceived): void | Promise<void> {
    let full: void | Promise<void> = undefined;
    for (const payload of payloads()) {
      const bytes = payload.length;
      // A copy: by the time it is sent, the view is on other bytes.
      const event = { type: "message", time, conn, peer, bytes, payload: payload.slice() } as const;
      full = this.#add(event, EVENT + bytes);
    }
    return full;
  }

  taken(bytes: number): void {
    this.#owed -= bytes;
    if (this.#owed > LIMIT) return;
    this.#room?.resolve();
    this.#room = null;
  }

  #add(event: ServerEvent, bytes: number): void | Promise<void> {
    if (this.#events.length === 0) setTimeout(() => this.#send());
    this.#events.push(event);
    this.#bytes += bytes;
    this.#owed += bytes;
    if (this.#owed > LIMIT) return (this.#room ??= Promise.withResolvers()).promise;
  }

  #send(): void {
    this.#leader.postMessage({ type: "events", events: this.#events, bytes: this.#bytes });
    this.#events = [];
    this.#bytes = 0;
  }
}
