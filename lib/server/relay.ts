/**
 * Joins the room of this server with those of others, over a broker. Nothing here waits for the
 * broker: what it does not take is counted, and the other servers see the gap.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import type { Broadcast } from "../wire/codec.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { decodeBroadcast, encodeBroadcast } from "../wire/payloads.ts";
import { encodeHeartbeat, encodeRoomMessage, MAX_HOST_BYTES } from "../wire/room.ts";
import { BackOff } from "./back_off.ts";
import type { Bus, BusReceiver } from "./bus.ts";
import type { Sink } from "./events.ts";
import { RoomPeers } from "./room_peers.ts";

/** How often a server gives a sign of life, in milliseconds. */
const HEARTBEAT_MS = 2_000;

/** How much the broker may not have taken yet, in bytes. A longer message passes alone. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** The largest piece of a message, in bytes: others pass between two of them. */
const MAX_PIECE_BYTES = 512 * 1024;

/** The pauses between two attempts to connect, in milliseconds, each more or less a quarter. */
const RETRY_DELAY_MS = { min: 250, max: 5_000 };

/** How long the last messages may take when the server stops, in milliseconds. */
const FLUSH_TIMEOUT_MS = 500;

/** How often things are reported that no server of ours sends, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/** How long gaps are added up before they are told, in milliseconds: a peer may make any number. */
const MISS_DELAY_MS = 20;

/** How long new servers are waited for before they are all greeted, in milliseconds. */
const GREETING_DELAY_MS = 20;

/** A broker that takes less is no use, in bytes. */
const MIN_PAYLOAD_BYTES = 1024;

/** How many other servers are in an answer. */
const MAX_SHOWN_PEERS = 100;

/** How often a server answers what it is doing, in milliseconds: questions cost work. */
const ANSWER_INTERVAL_MS = 50;

const utf8 = new TextEncoder();

/** Where servers of a room are asked what they are doing. */
export function statusSubject(room: string): string {
  return `echo.status.${room}`;
}

/** A connection to a broker. */
export interface RoomLink {
  /** The broker: `127.0.0.1:4222`. */
  readonly broker: string;
  /** The longest message that it takes, in bytes. */
  readonly maxPayload: number;
  /** How many bytes it has not taken yet. */
  readonly pendingBytes: number;
  /** Settles with the reason when it is lost or closed; never rejects. */
  readonly closed: Promise<string>;
  /** Sends a message to all that have subscribed to `subject`. Never waits. */
  publish(subject: string, payload: Uint8Array): void;
  /**
   * Calls `receive` with each message of others; its bytes are valid until it returns. `reply` is the
   * subject of an answer, where one is wanted.
   */
  subscribe(
    subject: string,
    receive: (subject: string, payload: Uint8Array, reply: string | undefined) => void,
  ): void;
  /** Settles when the broker has all that was sent, or the connection is over. */
  flush(): Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/** What a relay is made of. */
export interface RelayOptions {
  /** Connects to a broker. Throws a `Failure` that says why it cannot. */
  dial(signal: AbortSignal): Promise<RoomLink>;
  /** The name of the room. */
  room: string;
  /** The name of this machine, for the senders of this server. */
  host: string;
  /** What this server is doing, for `echo top`. */
  describe(): Promise<Record<string, unknown>>;
  /** Takes its events. */
  sink: Sink;
  /** `--max-message`, in bytes. */
  maxMessage: number;
  /** The memory for long messages. */
  budget: MemoryBudget;
}

/** One end of a room, for all threads of this process. */
export class Relay implements Bus {
  readonly #options: RelayOptions;
  readonly #peers: RoomPeers;
  readonly #host: Uint8Array;
  /** Eight hexadecimal digits, new for each process. */
  readonly node: string;
  readonly #born = performance.now();
  #receiver: BusReceiver | null = null;
  #link: RoomLink | null = null;
  /** The number of the last message, sent or not. */
  #sequence = 0;
  #rejected = 0;
  #answeredAt = -Infinity;
  #reportTimer: ReturnType<typeof setTimeout> | undefined;
  #missed = 0;
  #missTimer: ReturnType<typeof setTimeout> | undefined;
  #greetTimer: ReturnType<typeof setTimeout> | undefined;

  /** Connects with `run`. */
  constructor(options: RelayOptions) {
    this.#options = options;
    this.#host = utf8.encode(options.host).subarray(0, MAX_HOST_BYTES);
    this.node = crypto.getRandomValues(new Uint8Array(4)).toHex();
    const { maxMessage, budget } = options;
    this.#peers = new RoomPeers({
      deliver: (broadcast) => this.#receiver?.deliver(broadcast),
      miss: (count) => this.#miss(count),
      reject: () => this.#reject(),
    }, { maxMessage, budget });
  }

  /** As in `Bus`. */
  publish({ kind, payload }: Broadcast): void {
    const sequence = ++this.#sequence;
    const link = this.#link;
    if (link === null) return;
    const { pendingBytes, maxPayload } = link;
    if (maxPayload < MIN_PAYLOAD_BYTES) return;
    if (pendingBytes > 0 && pendingBytes + payload.length > MAX_PENDING_BYTES) return;
    const named = { kind, payload: this.#withHost(payload) };
    const maxBytes = Math.min(MAX_PIECE_BYTES, maxPayload);
    for (const message of encodeRoomMessage(named, sequence, maxBytes)) {
      link.publish(this.#subject, message);
    }
  }

  /** So many messages of this server were lost before they came here. */
  lose(count: number): void {
    this.#sequence += count;
  }

  /** As in `Bus`. */
  subscribe(receiver: BusReceiver): Disposable {
    this.#receiver = receiver;
    return { [Symbol.dispose]: () => this.#receiver = null };
  }

  /** Stays in the room until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { dial } = this.#options;
    const backOff = new BackOff(RETRY_DELAY_MS);
    let reason = "";
    while (!signal.aborted) {
      try {
        const link = await dial(signal);
        const began = performance.now();
        const why = await this.#stay(link, signal);
        // One that is closed at once, as without permission, is not tried again and again.
        if (performance.now() - began > RETRY_DELAY_MS.max) backOff.reset();
        if (!signal.aborted) this.#cut(reason = why);
      } catch (error) {
        const why = error instanceof Failure ? error.message : reasonOf(error);
        if (why !== reason && !signal.aborted) await this.#emitCut(reason = why);
      }
      if (!signal.aborted) await backOff.wait(signal);
    }
    clearTimeout(this.#reportTimer);
    clearTimeout(this.#greetTimer);
    this.#reportMissed();
  }

  get #subject(): string {
    return `echo.room.${this.#options.room}.${this.node}`;
  }

  /** Until the link is lost, or the server stops; returns why. */
  async #stay(link: RoomLink, signal: AbortSignal): Promise<string> {
    const { room, sink } = this.#options;
    const wasLinked = this.#peers.hasJoined;
    link.subscribe(`echo.room.${room}.*`, (subject, payload) => {
      const node = subject.slice(subject.lastIndexOf(".") + 1);
      if (node === this.node) return; // a broker that sends us our own
      // A new one learns soon what we have said last.
      if (this.#peers.receive(node, payload)) this.#greetSoon();
    });
    link.subscribe(statusSubject(room), (_subject, _payload, reply) => {
      if (reply !== undefined) void this.#answer(link, reply);
    });
    await link.flush(); // from now on we hear what others say
    this.#link = link;
    this.#peers.join();
    this.#greet();
    const heartbeat = setInterval(() => this.#greet(), HEARTBEAT_MS);
    const stop = () => void this.#leave(link);
    signal.addEventListener("abort", stop, { once: true });
    await sink.emit({ type: "room-linked", time: Date.now(), room, broker: link.broker });
    if (wasLinked) this.#receiver?.notice("linked to the other servers again");
    if (signal.aborted) stop();
    const why = await link.closed;
    signal.removeEventListener("abort", stop);
    clearInterval(heartbeat);
    this.#link = null;
    return why;
  }

  #greetSoon(): void {
    this.#greetTimer ??= setTimeout(() => {
      this.#greetTimer = undefined;
      this.#greet();
    }, GREETING_DELAY_MS);
  }

  #greet(): void {
    this.#link?.publish(this.#subject, encodeHeartbeat(this.#sequence, this.#age, this.#host));
  }

  /** Tells what this server is doing, and which others it knows. */
  async #answer(link: RoomLink, subject: string): Promise<void> {
    const now = performance.now();
    if (now - this.#answeredAt < ANSWER_INTERVAL_MS) return;
    this.#answeredAt = now;
    const { host, describe } = this.#options;
    const answer = {
      node: this.node,
      host,
      ...await describe(),
      peers: this.#peers.list(MAX_SHOWN_PEERS),
    };
    const bytes = utf8.encode(JSON.stringify(answer));
    if (bytes.length <= link.maxPayload) link.publish(subject, bytes);
  }

  get #age(): number {
    return performance.now() - this.#born;
  }

  async #leave(link: RoomLink): Promise<void> {
    link.publish(this.#subject, encodeHeartbeat(this.#sequence, this.#age, this.#host, true));
    const late = setTimeout(() => void link.close(), FLUSH_TIMEOUT_MS);
    await link.flush();
    clearTimeout(late);
    await link.close();
  }

  #cut(why: string): void {
    void this.#emitCut(why);
    this.#receiver?.notice("cut off from the other servers: only clients of this one hear you");
  }

  async #emitCut(reason: string): Promise<void> {
    const { room, sink } = this.#options;
    await sink.emit({ type: "room-cut", time: Date.now(), room, reason });
  }

  #miss(count: number): void {
    this.#missed += count;
    this.#missTimer ??= setTimeout(() => this.#reportMissed(), MISS_DELAY_MS);
  }

  #reportMissed(): void {
    clearTimeout(this.#missTimer);
    this.#missTimer = undefined;
    const count = this.#missed;
    if (count === 0) return;
    this.#missed = 0;
    void this.#options.sink.emit({ type: "room-missed", time: Date.now(), count });
    this.#receiver?.missRemote(count);
  }

  #reject(): void {
    this.#rejected++;
    if (this.#reportTimer === undefined) this.#reportRejected();
  }

  /** The first at once, and then once a second how many followed. */
  #reportRejected(): void {
    this.#reportTimer = undefined;
    const count = this.#rejected;
    if (count === 0) return;
    this.#rejected = 0;
    void this.#options.sink.emit({ type: "room-rejected", time: Date.now(), count });
    this.#reportTimer = setTimeout(() => this.#reportRejected(), REPORT_INTERVAL_MS);
  }

  /** An address such as `127.0.0.1:5000` means nothing on another machine. */
  #withHost(payload: Uint8Array): Uint8Array {
    const { sender, message } = decodeBroadcast(payload);
    const name = new Uint8Array(this.#host.length + 1 + sender.length);
    name.set(this.#host);
    name[this.#host.length] = 0x2f;
    name.set(sender, this.#host.length + 1);
    return encodeBroadcast(name.subarray(0, 255), message);
  }
}
