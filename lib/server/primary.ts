/**
 * The thread that leads the workers of one port. The system deals connections out to the workers;
 * the primary has what they share: the limits, the broadcasts, the events, and the end.
 *
 * @module
 */
import { BroadcastLink, costOf } from "./broadcast_link.ts";
import type { EmittedEvent, Sink } from "./events.ts";
import { FirstClient } from "./first_client.ts";
import { LocalConnectionLimiter } from "./limits.ts";
import type { Meter } from "./meter.ts";
import type { ServerOptions } from "./options.ts";
import type { Relay } from "./relay.ts";
import type { Reports } from "./reports.ts";
import {
  type ForwardedEvent,
  type MessageEndpoint,
  postToAll,
  type ToPrimary,
  type ToWorker,
} from "./worker_messages.ts";
import type { WorkerRenewals } from "./worker_renewals.ts";

/** Counts for `--admin`: this thread's own meter, and the reports of all. */
export interface Metering {
  /** Of this thread. */
  meter: Meter;
  /** Of all. */
  reports: Reports;
}

/**
 * Leads `workers`, each of which has its listener. Serves until `signal` is aborted, or until one of
 * them is done; settles when all are. `renewals` gets their answers to new certificates, and
 * `metering`, if there is one, their reports.
 */
export async function runPrimary(
  workers: MessageEndpoint<ToWorker, ToPrimary>[],
  renewals: WorkerRenewals,
  options: ServerOptions,
  sink: Sink,
  signal: AbortSignal,
  metering: Metering | null = null,
  relay: Relay | null = null,
): Promise<void> {
  const count = workers.length;
  const limiter = new LocalConnectionLimiter(options.maxConnections, options.maxPerAddress);
  const events = new EventMerger(count, sink, () => postToAll(workers, { type: "stop" }));
  const links = new Map(
    workers.map((it) => [it, new BroadcastLink((message) => it.postMessage(message))]),
  );
  const { memory: first } = new FirstClient();
  using _room = relay?.subscribe({
    deliver: (broadcast) => links.forEach((link) => link.send(broadcast)),
    miss: () => {}, // it knows no threads
    missRemote: (count) => postToAll(workers, { type: "room-missed", count }),
    notice: (text) => postToAll(workers, { type: "notice", text }),
  });
  metering?.meter.watch(() => limiter.usage);
  workers.forEach((worker, index) => {
    metering?.reports.add(worker);
    worker.onmessage = async ({ data: message }) => {
      switch (message.type) {
        case "acquire": {
          const { id, address } = message;
          worker.postMessage({ type: "admission", id, rejection: limiter.acquire(id, address) });
          break;
        }
        case "release":
          limiter.release(message.id);
          break;
        case "broadcast":
          for (const [other, link] of links) {
            if (other !== worker) link.send(message.broadcast, message.missed);
          }
          relay?.lose(message.missed);
          if (message.broadcast !== null) relay?.publish(message.broadcast);
          worker.postMessage({ type: "broadcast-ack", bytes: costOf(message) });
          break;
        case "broadcast-ack":
          links.get(worker)!.ack(message.bytes);
          break;
        case "report":
          metering?.reports.receive(worker, message.report);
          break;
        case "renewed":
          renewals.settle(worker, message.problem);
          break;
        case "events":
          await Promise.all(message.events.map((event) => events.emit(event)));
          worker.postMessage({ type: "ack", bytes: message.bytes });
      }
    };
    const share = (bytes: number) => Math.floor(bytes / count);
    const { maxBuffered, maxHistoryTotal } = options;
    const shares = { maxBuffered: share(maxBuffered), maxHistoryTotal: share(maxHistoryTotal) };
    const own = { ...options, ...shares };
    const { wantsMessages } = sink;
    const isMetered = metering !== null;
    const shared = { wantsMessages, isMetered, first };
    worker.postMessage({ type: "serve", options: own, index, count, ...shared });
  });
  const stop = () => postToAll(workers, { type: "stop" });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await events.done;
  signal.removeEventListener("abort", stop);
}

/** Makes the events of several workers those of one server: one start, one stop, one sum. */
class EventMerger {
  readonly #count: number;
  readonly #sink: Sink;
  readonly #stopOthers: () => void;
  readonly #done = Promise.withResolvers<void>();
  readonly #total = { connections: 0, messages: 0 };
  #started = 0;
  #stopped = 0;

  constructor(count: number, sink: Sink, stopOthers: () => void) {
    this.#count = count;
    this.#sink = sink;
    this.#stopOthers = stopOthers;
  }

  /** Settles when the last worker has stopped. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  emit(event: ForwardedEvent): void | Promise<void> {
    switch (event.type) {
      case "server-start":
        if (++this.#started === this.#count) return this.#sink.emit(event);
        break;
      case "server-stop":
        this.#total.connections += event.connections;
        this.#total.messages += event.messages;
        if (++this.#stopped < this.#count) return this.#stopOthers(); // with --once, one is the first
        this.#done.resolve();
        return this.#sink.emit({ ...event, ...this.#total });
      default:
        return this.#sink.emit(revived(event));
    }
  }
}

function revived(event: ForwardedEvent): EmittedEvent {
  if (event.type !== "messages") return event;
  const { payloads, ...rest } = event;
  return {
    ...rest,
    forEachPayload: (visit) => payloads.forEach((bytes) => visit(bytes, 0, bytes.length)),
  };
}
