/**
 * Forwards events to the primary in batches, with a bound on what it has not acknowledged.
 *
 * @module
 */
import { payloadsOf } from "../wire/batch.ts";
import type { EmittedEvent, Sink } from "./events.ts";
import type { Meter } from "./meter.ts";
import type { ForwardedEvent, ToPrimary } from "./worker_messages.ts";

/** How much may be unacknowledged before a connection has to wait, in bytes. */
const MAX_UNACKED_BYTES = 1024 * 1024;

/** What an event or a message costs besides its payload, in bytes, roughly. */
const PER_EVENT_OVERHEAD = 256;

/** The sink of a worker. Its events go to the primary, many in one message. */
export class EventForwarder implements Sink {
  readonly #post: (message: Extract<ToPrimary, { type: "events" }>) => void;
  readonly #meter: Meter | null;
  #events: ForwardedEvent[] = [];
  #bytes = 0;
  #unacked = 0;
  #writable: PromiseWithResolvers<void> | null = null;

  /**
   * Sends through `post`. Messages are forwarded where the primary's sink wants them. `meter`, if there
   * is one, counts all of it in this thread.
   */
  constructor(
    readonly wantsMessages: boolean,
    post: (message: Extract<ToPrimary, { type: "events" }>) => void,
    meter: Meter | null = null,
  ) {
    this.#post = post;
    this.#meter = meter;
  }

  /** How many bytes the primary has not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** As in `Sink`. */
  emit(event: EmittedEvent): void | Promise<void> {
    this.#meter?.emit(event);
    if (event.type !== "messages") return this.#add(event, PER_EVENT_OVERHEAD);
    // Copies: by the time they are sent, the views are on other bytes.
    const { forEachPayload: _, ...rest } = event;
    const payloads = payloadsOf(event).map((payload) => payload.slice());
    const size = payloads.reduce((sum, { length }) => sum + length + PER_EVENT_OVERHEAD, 0);
    return this.#add({ ...rest, payloads }, size);
  }

  /** The primary has taken `bytes` of what was sent. */
  ack(bytes: number): void {
    this.#unacked -= bytes;
    if (this.#unacked > MAX_UNACKED_BYTES) return;
    this.#writable?.resolve();
    this.#writable = null;
  }

  /** The primary flushes its own sinks. */
  flush(): Promise<void> {
    this.#send();
    return Promise.resolve();
  }

  #add(event: ForwardedEvent, bytes: number): void | Promise<void> {
    if (this.#events.length === 0) setTimeout(() => this.#send());
    this.#events.push(event);
    this.#bytes += bytes;
    this.#unacked += bytes;
    if (this.#unacked <= MAX_UNACKED_BYTES) return;
    this.#writable ??= Promise.withResolvers();
    return this.#writable.promise;
  }

  #send(): void {
    if (this.#events.length === 0) return;
    this.#post({ type: "events", events: this.#events, bytes: this.#bytes });
    this.#events = [];
    this.#bytes = 0;
  }
}
