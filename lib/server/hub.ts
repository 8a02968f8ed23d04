/**
 * Broadcast: each message goes to all clients but its sender (004, `-b`).
 *
 * @module
 */
import type { Broadcast } from "../wire/codec.ts";
import type { Kind } from "../wire/kind.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { encodeBroadcast } from "../wire/payloads.ts";
import type { Bus } from "./bus.ts";
import { SharedMessage } from "./shared_message.ts";
import type { Subscriber } from "./subscriber.ts";

const utf8 = new TextEncoder();

/** The clients of this process or thread, and the bus to all others. */
export class BroadcastHub implements Disposable {
  readonly #subscribers = new Set<Subscriber>();
  readonly #budget: MemoryBudget;
  readonly #bus: Bus | null;
  readonly #subscription: Disposable | null;

  /**
   * A hub of its own, or one of several that `bus` joins. Long messages that wait for subscribers
   * are counted in `budget`.
   */
  constructor(budget: MemoryBudget, bus: Bus | null = null) {
    this.#budget = budget;
    this.#bus = bus;
    this.#subscription = bus?.subscribe({
      deliver: (broadcast) => this.#deliver(broadcast),
      miss: (count) => this.#subscribers.forEach((subscriber) => subscriber.miss(count)),
      missRemote: (count) => this.#subscribers.forEach((it) => it.missRemote(count)),
      notice: (text) => this.#subscribers.forEach((subscriber) => subscriber.notice(text)),
    }) ?? null;
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
  publish(sender: Subscriber, name: string, kind: Kind, message: Uint8Array): void {
    if (this.#subscribers.size < 2 && this.#bus === null) return;
    const broadcast = { kind, payload: encodeBroadcast(utf8.encode(name), message) };
    void this.#bus?.publish(broadcast);
    this.#deliver(broadcast, sender);
  }

  /** Queues a broadcast for all subscribers, encoded once for each dialect. */
  #deliver(broadcast: Broadcast, except?: Subscriber): void {
    const messages = new Map<string, SharedMessage>();
    for (const subscriber of this.#subscribers) {
      if (subscriber === except) continue;
      const { dialect, encoder } = subscriber;
      let message = messages.get(dialect);
      if (message === undefined) {
        message = new SharedMessage(encoder.broadcast(broadcast), this.#budget);
        messages.set(dialect, message);
      }
      subscriber.enqueue(message);
    }
  }

  /** Leaves the bus. */
  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
  }
}
