/**
 * The service in one of several threads that share a port. The primary counts the connections of
 * all threads, joins their hubs and takes their events.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import type { Listener } from "../net/listen.ts";
import type { Broadcast } from "../wire/codec.ts";
import { BroadcastLink, costOf, type LinkedBroadcast } from "./broadcast_link.ts";
import type { Bus, BusReceiver } from "./bus.ts";
import { EventForwarder } from "./event_forwarder.ts";
import { FirstClient } from "./first_client.ts";
import { BroadcastHub } from "./hub.ts";
import type { ConnectionLimiter, Rejection } from "./limits.ts";
import { Meter } from "./meter.ts";
import { serve, standalone } from "./server.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "./worker_messages.ts";

/** The way to the primary. */
export type Primary = MessageEndpoint<ToPrimary, ToWorker>;

/** Serves as one of several, as `primary` says. */
export function runWorker(primary: Primary, listener: Listener): void {
  const stop = new AbortController();
  const limiter = new RemoteLimiter(primary);
  const bus = new WorkerBus(primary);
  let sink: EventForwarder | null = null;
  let meter: Meter | null = null;
  primary.onmessage = ({ data: message }) => {
    switch (message.type) {
      case "serve": {
        const { options, index, count, wantsMessages, isMetered } = message;
        meter = isMetered ? new Meter() : null;
        sink = new EventForwarder(wantsMessages, (events) => primary.postMessage(events), meter);
        const alone = standalone(options, meter);
        const hub = options.broadcast ? new BroadcastHub(alone.budget, bus) : null;
        const connectionId = (nth: number) => (nth - 1) * count + index + 1;
        const firstClient = new FirstClient(message.first);
        const shared = { ...alone, hub, limiter, firstClient, connectionId };
        void serve(listener, options, sink, stop.signal, shared);
        break;
      }
      case "broadcast":
        return bus.receive(message);
      case "broadcast-ack":
        return bus.ack(message.bytes);
      case "renew":
        return void listener.renew(message.tls).then(() => null, reasonOf).then((problem) =>
          primary.postMessage({ type: "renewed", problem })
        );
      case "admission":
        return limiter.resolve(message.id, message.rejection);
      case "ack":
        return sink?.ack(message.bytes);
      case "room-missed":
        return bus.receiver?.missRemote(message.count);
      case "notice":
        return bus.receiver?.notice(message.text);
      case "measure":
        if (meter !== null) primary.postMessage({ type: "report", report: meter.report() });
        break;
      case "stop":
        return stop.abort();
    }
  };
}

/** Asks the primary. */
class RemoteLimiter implements ConnectionLimiter {
  readonly #primary: Primary;
  readonly #waiting = new Map<number, (rejection: Rejection | null) => void>();

  constructor(primary: Primary) {
    this.#primary = primary;
  }

  acquire(id: number, address: string): Promise<Rejection | null> {
    this.#primary.postMessage({ type: "acquire", id, address });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  resolve(id: number, rejection: Rejection | null): void {
    this.#waiting.get(id)?.(rejection);
    this.#waiting.delete(id);
  }

  /** The primary counts. */
  get usage(): { connections: number; fromOneAddress: number } {
    return { connections: 0, fromOneAddress: 0 };
  }

  release(id: number): void {
    this.#primary.postMessage({ type: "release", id });
  }
}

/** Joins the hubs of all workers by way of the primary. */
class WorkerBus implements Bus {
  readonly #primary: Primary;
  readonly #link: BroadcastLink;
  /** This worker's hub; null before there is one. */
  receiver: BusReceiver | null = null;

  constructor(primary: Primary) {
    this.#primary = primary;
    this.#link = new BroadcastLink((message) => primary.postMessage(message));
  }

  publish(broadcast: Broadcast): void {
    this.#link.send(broadcast);
  }

  ack(bytes: number): void {
    this.#link.ack(bytes);
  }

  subscribe(receiver: BusReceiver): Disposable {
    this.receiver = receiver;
    return { [Symbol.dispose]: () => this.receiver = null };
  }

  receive(message: LinkedBroadcast): void {
    const { broadcast, missed } = message;
    if (missed > 0) this.receiver?.miss(missed);
    if (broadcast !== null) this.receiver?.deliver(broadcast);
    this.#primary.postMessage({ type: "broadcast-ack", bytes: costOf(message) });
  }
}
