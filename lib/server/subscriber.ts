/**
 * One client's queue of broadcasts, with a bound.
 *
 * @module
 */
import { concat } from "../std.ts";
import type { Encoder } from "../wire/codec.ts";
import { Kind } from "../wire/kind.ts";
import type { WriteQueue } from "../wire/write_queue.ts";

/** The broadcasts that may wait for one client, in bytes. Further ones are dropped and counted. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** What a queued message costs besides its bytes, in bytes, roughly. */
const PER_MESSAGE_OVERHEAD = 256;

const utf8 = new TextEncoder();

/** What a subscriber is made of. */
export interface SubscriberOptions {
  /** Its connection's writes. */
  queue: WriteQueue;
  /** The name of its dialect. */
  dialect: string;
  /** Its codec. */
  encoder: Encoder;
  /** Called for each broadcast that a full queue drops. */
  onOverflow?: () => void;
  /** Called when the client is told how many broadcasts it missed. */
  onDropped?: (count: number) => void;
}

/** Receives the broadcasts of a hub. */
export class Subscriber {
  /** The name of its dialect: all of one dialect get the same bytes. */
  readonly dialect: string;
  /** Puts broadcasts into the bytes of its dialect. */
  readonly encoder: Encoder;
  readonly #options: SubscriberOptions;
  /** What is written when its turn comes, in one write. */
  #pending: Uint8Array[] = [];
  /** The cost of what is pending, and of that and what is being written. */
  #pendingBytes = 0;
  #queuedBytes = 0;
  #dropped = 0;
  #taken = 0;

  /** Its queue is empty. */
  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.dialect = options.dialect;
    this.encoder = options.encoder;
  }

  /** The bytes that wait for this client, overhead included. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** How many writes of broadcasts the system has taken for this client. */
  get taken(): number {
    return this.#taken;
  }

  /** Queues a broadcast, encoded already. A full queue drops it and counts it. */
  enqueue(bytes: Uint8Array): void {
    const { queue, onOverflow } = this.#options;
    if (queue.closed) return;
    // A client that has taken all so far is not slow, however long this message is.
    const isFull = this.#queuedBytes > 0 && this.#queuedBytes + bytes.length > MAX_QUEUED_BYTES;
    if (this.#dropped > 0 || isFull) {
      this.#dropped++;
      onOverflow?.();
    } else {
      this.#send(bytes);
    }
  }

  /** Sends the notice of what was dropped now, since nothing may come after what follows. */
  close(): void {
    if (this.#dropped > 0) this.#sendDropNotice();
  }

  #send(bytes: Uint8Array): void {
    const cost = bytes.length + PER_MESSAGE_OVERHEAD;
    const isFirst = this.#pending.length === 0;
    this.#pendingBytes += cost;
    this.#queuedBytes += cost;
    this.#pending.push(bytes);
    if (isFirst) this.#flush();
  }

  /** Takes its turn in the queue at once: what is queued for the client later comes after it. */
  #flush(): void {
    let cost = 0;
    this.#options.queue.exclusive((sink) => {
      // A long message is alone: a copy of it for each subscriber would fill the memory.
      const [first, ...others] = this.#pending;
      const bytes = others.length === 0 ? first! : concat(this.#pending);
      cost = this.#pendingBytes;
      this.#pending = [];
      this.#pendingBytes = 0;
      return sink.write(bytes);
    }).then(() => {
      this.#taken++;
      this.#queuedBytes -= cost;
      if (this.#queuedBytes === 0 && this.#dropped > 0) this.#sendDropNotice();
    }, () => {}); // the session of that client finds out for itself
  }

  #sendDropNotice(): void {
    const { queue, onDropped } = this.#options;
    const dropped = this.#dropped;
    this.#dropped = 0;
    onDropped?.(dropped);
    if (queue.closed) return;
    const count = `${dropped} ${dropped === 1 ? "message" : "messages"}`;
    const text = utf8.encode(`you were too slow and missed ${count}`);
    const notice = this.encoder.encode(Kind.notice, text);
    if (notice !== null) this.#send(notice);
  }
}
