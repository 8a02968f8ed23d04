/**
 * Everybody who is connected: what one says, the others hear (004, `-b`).
 *
 * @module
 */
import { concat } from "../std.ts";
import type { Dialect } from "../wire/dialect.ts";
import { Kind } from "../wire/frames.ts";
import type { WriteQueue } from "../wire/write_queue.ts";
import { encodeBroadcast } from "../wire/payloads.ts";

/** What may wait for one slow listener, in bytes; what is said beyond that it misses. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** What a message that waits costs besides its payload, in bytes, roughly. */
const PER_MESSAGE_OVERHEAD = 256;

const utf8 = new TextEncoder();

/** Somebody in the room. */
export class Subscriber {
  readonly #outbox: WriteQueue;
  readonly #dialect: Dialect;
  readonly #onOverflow: (() => void) | null;
  /** What is to be written when its turn comes, in one write. */
  #pending: Uint8Array[] = [];
  /** What waits, in bytes: gathered, and being written. */
  #queuedBytes = 0;
  #cost = 0;
  #dropped = 0;

  /**
   * Hears through `outbox`, in the words of `dialect`. Who is too slow misses messages, unless
   * `onSlow` is there to be called instead.
   */
  constructor(outbox: WriteQueue, dialect: Dialect, onSlow: (() => void) | null = null) {
    this.#outbox = outbox;
    this.#dialect = dialect;
    this.#onOverflow = onSlow;
  }

  /**
   * Is told what somebody said, a `broadcast` payload; who is too slow is told how much it missed.
   * What `words` do not have of it in its dialect is added to them.
   */
  enqueue(payload: Uint8Array, words: Map<Dialect, Uint8Array>): void {
    if (this.#outbox.closed) return;
    // Whoever has taken all so far is not slow, however long the message is.
    if (
      this.#dropped > 0 ||
      this.#queuedBytes > 0 && this.#queuedBytes + payload.length > MAX_QUEUED_BYTES
    ) {
      this.#dropped++;
      this.#onOverflow?.();
    } else {
      const bytes = words.get(this.#dialect) ?? this.#encode(Kind.broadcast, payload);
      words.set(this.#dialect, bytes);
      this.#send(bytes);
    }
  }

  /** Hears no more; what it missed is told now, and not after what else is said to it. */
  close(): void {
    if (this.#dropped > 0) this.#sendDropNotice();
  }

  #encode(kind: Kind, payload: Uint8Array): Uint8Array {
    let encoded: Uint8Array = new Uint8Array();
    const write = (bytes: Uint8Array) => Promise.resolve(void (encoded = bytes));
    void this.#dialect.send({ write }, kind, payload);
    return encoded;
  }

  #send(bytes: Uint8Array): void {
    const cost = bytes.length + PER_MESSAGE_OVERHEAD;
    const isFirst = this.#pending.length === 0;
    this.#cost += cost;
    this.#queuedBytes += cost;
    this.#pending.push(bytes);
    if (isFirst) this.#deliver();
  }

  /** Takes its turn at once: what is said to the client afterwards comes after it. */
  #deliver(): void {
    let cost = 0;
    this.#outbox.exclusive((sink) => {
      // A long message is alone; a copy of it for each listener would fill the machine.
      const [first, ...others] = this.#pending;
      const bytes = others.length === 0 ? first! : concat(this.#pending);
      cost = this.#cost;
      this.#pending = [];
      this.#cost = 0;
      return sink.write(bytes);
    }).then(() => {
      this.#queuedBytes -= cost;
      if (this.#queuedBytes === 0 && this.#dropped > 0) this.#sendDropNotice();
    }, () => {}); // a listener that is gone is found out by its own session
  }

  #sendDropNotice(): void {
    const count = `${this.#dropped} ${this.#dropped === 1 ? "message" : "messages"}`;
    this.#dropped = 0;
    if (this.#outbox.closed) return;
    this.#send(this.#encode(Kind.notice, utf8.encode(`you were too slow and missed ${count}`)));
  }
}

/** The members, and what passes between them. */
export class BroadcastHub {
  readonly #subscribers = new Set<Subscriber>();
  readonly #forward: ((payload: Uint8Array) => void) | null;

  /** A room of its own, or one of several: then `relay` passes on what is said in this one. */
  constructor(relay: ((payload: Uint8Array) => void) | null = null) {
    this.#forward = relay;
  }

  /** Lets somebody in. */
  join(member: Subscriber): void {
    this.#subscribers.add(member);
  }

  /** Lets somebody go. */
  leave(member: Subscriber): void {
    this.#subscribers.delete(member);
    member.close();
  }

  /** Tells everybody but `speaker` what it said; waits for nobody. */
  publish(speaker: Subscriber, name: string, message: Uint8Array): void {
    if (this.#subscribers.size < 2 && this.#forward === null) return;
    const payload = encodeBroadcast(utf8.encode(name), message);
    this.#forward?.(payload);
    this.deliver(payload, speaker);
  }

  /** Tells everybody, but not `except`, a `broadcast` payload. */
  deliver(payload: Uint8Array, except?: Subscriber): void {
    const words = new Map<Dialect, Uint8Array>();
    for (const member of this.#subscribers) if (member !== except) member.enqueue(payload, words);
  }
}
