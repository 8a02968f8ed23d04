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
const QUEUE = 1024 * 1024;

/** What a message that waits costs besides its payload, in bytes, roughly. */
const EACH = 256;

const utf8 = new TextEncoder();

/** Somebody in the room. */
export class Member {
  readonly #outbox: WriteQueue;
  readonly #dialect: Dialect;
  readonly #onSlow: (() => void) | null;
  /** What is to be written when its turn comes, in one write. */
  #gathered: Uint8Array[] = [];
  /** What waits, in bytes: gathered, and being written. */
  #waiting = 0;
  #cost = 0;
  #missed = 0;

  /**
   * Hears through `outbox`, in the words of `dialect`. Who is too slow misses messages, unless
   * `onSlow` is there to be called instead.
   */
  constructor(outbox: WriteQueue, dialect: Dialect, onSlow: (() => void) | null = null) {
    this.#outbox = outbox;
    this.#dialect = dialect;
    this.#onSlow = onSlow;
  }

  /**
   * Is told what somebody said, a `broadcast` payload; who is too slow is told how much it missed.
   * What `words` do not have of it in its dialect is added to them.
   */
  hear(payload: Uint8Array, words: Map<Dialect, Uint8Array>): void {
    if (this.#outbox.closed) return;
    // Whoever has taken all so far is not slow, however long the message is.
    if (this.#missed > 0 || this.#waiting > 0 && this.#waiting + payload.length > QUEUE) {
      this.#missed++;
      this.#onSlow?.();
    } else {
      const bytes = words.get(this.#dialect) ?? this.#encode(Kind.broadcast, payload);
      words.set(this.#dialect, bytes);
      this.#send(bytes);
    }
  }

  /** Hears no more; what it missed is told now, and not after what else is said to it. */
  depart(): void {
    if (this.#missed > 0) this.#confess();
  }

  #encode(kind: Kind, payload: Uint8Array): Uint8Array {
    let encoded: Uint8Array = new Uint8Array();
    const write = (bytes: Uint8Array) => Promise.resolve(void (encoded = bytes));
    void this.#dialect.send({ write }, kind, payload);
    return encoded;
  }

  #send(bytes: Uint8Array): void {
    const cost = bytes.length + EACH;
    const isFirst = this.#gathered.length === 0;
    this.#cost += cost;
    this.#waiting += cost;
    this.#gathered.push(bytes);
    if (isFirst) this.#deliver();
  }

  /** Takes its turn at once: what is said to the client afterwards comes after it. */
  #deliver(): void {
    let cost = 0;
    this.#outbox.exclusive((sink) => {
      // A long message is alone; a copy of it for each listener would fill the machine.
      const [first, ...others] = this.#gathered;
      const bytes = others.length === 0 ? first! : concat(this.#gathered);
      cost = this.#cost;
      this.#gathered = [];
      this.#cost = 0;
      return sink.write(bytes);
    }).then(() => {
      this.#waiting -= cost;
      if (this.#waiting === 0 && this.#missed > 0) this.#confess();
    }, () => {}); // a listener that is gone is found out by its own session
  }

  #confess(): void {
    const count = `${this.#missed} ${this.#missed === 1 ? "message" : "messages"}`;
    this.#missed = 0;
    if (this.#outbox.closed) return;
    this.#send(this.#encode(Kind.notice, utf8.encode(`you were too slow and missed ${count}`)));
  }
}

/** The members, and what passes between them. */
export class Room {
  readonly #members = new Set<Member>();
  readonly #relay: ((payload: Uint8Array) => void) | null;

  /** A room of its own, or one of several: then `relay` passes on what is said in this one. */
  constructor(relay: ((payload: Uint8Array) => void) | null = null) {
    this.#relay = relay;
  }

  /** Lets somebody in. */
  join(member: Member): void {
    this.#members.add(member);
  }

  /** Lets somebody go. */
  leave(member: Member): void {
    this.#members.delete(member);
    member.depart();
  }

  /** Tells everybody but `speaker` what it said; waits for nobody. */
  say(speaker: Member, name: string, message: Uint8Array): void {
    if (this.#members.size < 2 && this.#relay === null) return;
    const payload = encodeBroadcast(utf8.encode(name), message);
    this.#relay?.(payload);
    this.tell(payload, speaker);
  }

  /** Tells everybody, but not `except`, a `broadcast` payload. */
  tell(payload: Uint8Array, except?: Member): void {
    const words = new Map<Dialect, Uint8Array>();
    for (const member of this.#members) if (member !== except) member.hear(payload, words);
  }
}
