/**
 * Broadcast: each message goes to all clients but its sender (004, `-b`).
 *
 * @module
 */
import { Kind } from "../wire/kind.ts";
import { encodeBroadcast } from "../wire/payloads.ts";
import type { Bus } from "./bus.ts";
import type { Subscriber } from "./subscriber.ts";

const utf8 = new TextEncoder();

/** The clients of this process or thread, and the bus to all others. */
export class BroadcastHub implements Disposable {
  readonly #subscribers = new Set<Subscriber>();
  readonly #bus: Bus | null;
  readonly #subscription: Disposable | null;

  /** A hub of its own, or one of several that `bus` joins. */
  constructor(bus: Bus | null = null) {
    this.#bus = bus;
    this.#subscription = bus?.subscribe((payload) => this.#deliver(payload)) ?? null;
  }

  /** Delivers broadcasts to `subscriber` from now on. */
  join(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  /** Delivers no more to `subscriber`. It is sent a notice of what it missed. */
  leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    subscriber.close();
  }

  /** Sends a message of `sender`, shown as `name`, to all others; waits for none of them. */
  publish(sender: Subscriber, name: string, message: Uint8Array): void {
    if (this.#subscribers.size < 2 && this.#bus === null) return;
    const payload = encodeBroadcast(utf8.encode(name), message);
    void this.#bus?.publish(payload);
    this.#deliver(payload, sender);
  }

  /** Queues a `broadcast` payload for all subscribers, encoded once for each dialect. */
  #deliver(payload: Uint8Array, except?: Subscriber): void {
    const encoded = new Map<string, Uint8Array | null>();
    for (const subscriber of this.#subscribers) {
      if (subscriber === except) continue;
      const { dialect, encoder } = subscriber;
      let bytes = encoded.get(dialect);
      if (bytes === undefined) {
        bytes = encoder.encode(Kind.broadcast, payload);
        encoded.set(dialect, bytes);
      }
      if (bytes !== null) subscriber.enqueue(bytes);
    }
  }

  /** Leaves the bus. */
  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
  }
}
