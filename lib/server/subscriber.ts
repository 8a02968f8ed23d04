/**
 * One client's queue of broadcasts, with a bound.
 *
 * @module
 */
import { concat } from "../std.ts";
import type { Codec } from "../wire/codec.ts";
import { Kind } from "../wire/kind.ts";
import type { WriteQueue } from "../wire/write_queue.ts";
import type { SharedMessage } from "./shared_message.ts";

/**
 * The short broadcasts that may wait for one client, in bytes. Further ones are dropped and counted.
 * Beside them one long one may wait, whose bytes all subscribers share.
 */
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
  encoder: Codec;
  /** Called for each broadcast that a full queue drops. */
  onOverflow?: () => void;
  /** Called when the client is told how many broadcasts are missing. */
  onDropped?: (count: number) => void;
}

/** Receives the broadcasts of a hub. */
export class Subscriber {
  /** The name of its dialect: all of one dialect get the same bytes. */
  dialect: string;
  /** Puts broadcasts into the bytes of its dialect. */
  encoder: Codec;
  readonly #options: SubscriberOptions;
  /** What is written when its turn comes. */
  #pending: SharedMessage[] = [];
  /** What is being written. */
  #writing: SharedMessage[] = [];
  /** The cost of both. */
  #queuedBytes = 0;
  /** How many of both are long. */
  #long = 0;
  #dropped = 0;
  /** How many broadcasts did not reach the hub. */
  #missed = 0;
  /** How many broadcasts of other servers did not reach this one. */
  #missedRemote = 0;
  /** Whether a notice waits to be written: what is missing meanwhile goes into the next one. */
  #isNotifying = false;
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

  /** Speaks another dialect from now on. Nothing was sent to it yet. */
  speak(dialect: string, encoder: Codec): void {
    this.dialect = dialect;
    this.encoder = encoder;
  }

  /** Queues a broadcast. A full queue drops it and counts it. */
  enqueue(message: SharedMessage): void {
    const { queue, onOverflow } = this.#options;
    if (queue.closed) return;
    if (this.#dropped > 0 || !this.#hasRoomFor(message) || !message.tryHold()) {
      this.#dropped++;
      onOverflow?.();
    } else {
      this.#send(message);
    }
  }

  /** The hub itself missed `count` broadcasts of other threads. */
  miss(count: number): void {
    this.#missed += count;
    if (this.#queuedBytes === 0) this.#notifySoon();
  }

  /** `count` broadcasts of other servers did not reach this one. */
  missRemote(count: number): void {
    this.#missedRemote += count;
    if (this.#queuedBytes === 0) this.#notifySoon();
  }

  /** Sends a text for people, after what waits to be written. */
  notice(text: string): void {
    this.#sendNotice(text);
  }

  /** Sends the notices of what is missing now, since nothing may come after what follows. */
  close(): void {
    this.#sendNotices();
  }

  /** Needs its messages no more: the connection is gone, and a write to it may never settle. */
  release(): void {
    for (const message of [...this.#writing, ...this.#pending]) message.release();
    this.#writing = this.#pending = [];
  }

  #hasRoomFor(message: SharedMessage): boolean {
    return message.isLong
      ? this.#long === 0
      : this.#queuedBytes + costOf(message) <= MAX_QUEUED_BYTES;
  }

  #send(message: SharedMessage): void {
    const isFirst = this.#pending.length === 0;
    this.#queuedBytes += costOf(message);
    if (message.isLong) this.#long++;
    this.#pending.push(message);
    if (isFirst) this.#flush();
  }

  /** Takes its turn in the queue at once: what is queued for the client later comes after it. */
  #flush(): void {
    this.#options.queue.exclusive(async (sink) => {
      this.#writing = this.#pending;
      this.#pending = [];
      for (const bytes of joined(this.#writing)) await sink.write(bytes);
      this.#written();
    }).catch(() => {}); // the session of that client finds out for itself
  }

  #written(): void {
    this.#taken++;
    for (const message of this.#writing) {
      this.#queuedBytes -= costOf(message);
      if (message.isLong) this.#long--;
      message.release();
    }
    this.#writing = [];
    if (this.#queuedBytes === 0) this.#notifySoon();
  }

  /** Sends notices, but not one after the other to a client that reads none of them. */
  #notifySoon(): void {
    if (this.#isNotifying || this.#dropped + this.#missed + this.#missedRemote === 0) return;
    this.#isNotifying = true;
    this.#sendNotices();
    // After what was just sent; a queue that has failed sends nothing any more.
    this.#options.queue.exclusive(() => Promise.resolve()).then(() => {
      this.#isNotifying = false;
      if (this.#queuedBytes === 0) this.#notifySoon();
    }, () => {});
  }

  #sendNotices(): void {
    const [dropped, missed, remote] = [this.#dropped, this.#missed, this.#missedRemote];
    this.#dropped = this.#missed = this.#missedRemote = 0;
    if (dropped > 0) this.#sendNotice(`you were too slow and missed ${countOf(dropped)}`);
    if (missed > 0) this.#sendNotice(`the server was too busy and lost ${countOf(missed)}`);
    if (remote > 0) this.#sendNotice(`${countOf(remote)} of other servers did not come`);
    if (dropped + missed > 0) this.#options.onDropped?.(dropped + missed);
  }

  #sendNotice(text: string): void {
    const { queue } = this.#options;
    if (queue.closed) return;
    const notice = this.encoder.encode(Kind.notice, utf8.encode(text));
    if (notice !== null) void queue.write(notice).catch(() => {});
  }
}

function countOf(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}

/** What a message takes of its subscriber's own queue, in bytes. */
function costOf({ isLong, bytes }: SharedMessage): number {
  return PER_MESSAGE_OVERHEAD + (isLong ? 0 : bytes.length);
}

/** Short messages in as few writes as possible. A copy of a long one would fill the memory. */
function* joined(messages: SharedMessage[]): Generator<Uint8Array> {
  let short: Uint8Array[] = [];
  for (const { isLong, bytes } of messages) {
    if (!isLong) {
      short.push(bytes);
      continue;
    }
    if (short.length > 0) yield concat(short);
    short = [];
    yield bytes;
  }
  if (short.length > 0) yield short.length === 1 ? short[0]! : concat(short);
}
