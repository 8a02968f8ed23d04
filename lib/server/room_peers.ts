/**
 * The other servers of a room, as this one hears them: what each has said last, and what is missing.
 *
 * @module
 */
import type { Broadcast } from "../wire/codec.ts";
import { WireError } from "../wire/errors.ts";
import type { Kind } from "../wire/kind.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { decodeBroadcast } from "../wire/payloads.ts";
import { decodeRoomMessage, type RoomMessage } from "../wire/room.ts";

/** How many servers are kept apart. The one that is silent for the longest is forgotten first. */
const MAX_NODES = 1024;

/** The most messages that one gap is taken for: more than that is no gap, but a lie. */
const MAX_GAP = 1_000_000;

/** Gets what other servers say. */
export interface RoomReceiver {
  /** A message of a client of another server. */
  deliver(broadcast: Broadcast): void;
  /** So many messages of another server did not come. */
  miss(count: number): void;
  /** Something came that no server of ours sends. */
  reject(): void;
}

/** A message that has come in part. Its memory is acquired. */
interface Partial {
  sequence: number;
  kind: Kind;
  bytes: Uint8Array;
  received: number;
}

interface Node {
  /** The number of the last message that was heard, or counted as missed. */
  last: number;
  partial: Partial | null;
  /** The name of its machine; empty until it was heard. */
  host: string;
  /** When it was heard last, in milliseconds that never run backwards. */
  lastAt: number;
}

/** Another server of the room. */
export interface Peer {
  /** Eight hexadecimal digits. */
  node: string;
  /** The name of its machine. */
  host: string;
  /** For how long it was not heard, in milliseconds. */
  silent: number;
}

/** What the peers are judged by. */
export interface RoomPeersOptions {
  /** `--max-message`, in bytes. */
  maxMessage: number;
  /** The memory for messages in pieces. */
  budget: MemoryBudget;
  /** A clock in milliseconds that never runs backwards. */
  now?: () => number;
}

/** Puts pieces together, and finds gaps. */
export class RoomPeers {
  readonly #receiver: RoomReceiver;
  readonly #options: RoomPeersOptions;
  readonly #now: () => number;
  /** In the order in which they were heard last. */
  readonly #nodes = new Map<string, Node>();
  /** When this server has joined the room; null before. */
  #joined: number | null = null;

  /** Gives what it hears to `receiver`. */
  constructor(receiver: RoomReceiver, options: RoomPeersOptions) {
    this.#receiver = receiver;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many servers are known. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Whether this server has been in the room. */
  get hasJoined(): boolean {
    return this.#joined !== null;
  }

  /** This server is in the room: what servers say that come later is meant for it. */
  join(): void {
    this.#joined ??= this.#now();
  }

  /** At most `most` of those that were heard and did not say goodbye: the last that were heard. */
  list(most: number): Peer[] {
    const now = this.#now();
    return [...this.#nodes].slice(-most).map(([node, { host, lastAt }]) => ({
      node,
      host,
      silent: now - lastAt,
    }));
  }

  /** Takes what `node` has sent. Returns whether the node was not known before. */
  receive(node: string, bytes: Uint8Array): boolean {
    const message = decodeRoomMessage(bytes);
    if (message === null || !/^[0-9a-f]{8}$/.test(node)) {
      this.#receiver.reject();
      return false;
    }
    const known = this.#nodes.get(node);
    const state = known ?? { last: this.#baseOf(message), partial: null, host: "", lastAt: 0 };
    state.lastAt = this.#now();
    if ("host" in message) state.host = message.host;
    this.#keep(node, state);
    this.#take(state, message);
    if (message.type === "goodbye") this.#forget(node, state);
    return known === undefined;
  }

  /** What was heard before the first message of a node: all of one that is younger than our stay. */
  #baseOf(message: RoomMessage): number {
    if (message.type === "message" || message.type === "piece") return message.sequence - 1;
    const stay = this.#joined === null ? 0 : this.#now() - this.#joined;
    return message.age < stay ? 0 : message.sequence;
  }

  #keep(node: string, state: Node): void {
    this.#nodes.delete(node);
    this.#nodes.set(node, state);
    if (this.#nodes.size <= MAX_NODES) return;
    const [oldest, forgotten] = this.#nodes.entries().next().value!;
    this.#forget(oldest, forgotten);
  }

  #forget(node: string, state: Node): void {
    this.#drop(state);
    this.#nodes.delete(node);
  }

  #take(state: Node, message: RoomMessage): void {
    switch (message.type) {
      case "message":
        if (message.sequence <= state.last) return this.#receiver.reject();
        this.#catchUp(state, message.sequence - 1);
        return this.#deliver(state, message.sequence, message.broadcast);
      case "piece":
        return this.#takePiece(state, message);
      default: // a heartbeat: all that was sent before has come, or is lost
        if (message.sequence > state.last) this.#catchUp(state, message.sequence);
    }
  }

  #takePiece(state: Node, message: Extract<RoomMessage, { type: "piece" }>): void {
    const { sequence, kind, offset, total, part } = message;
    if (sequence <= state.last) return this.#receiver.reject();
    if (offset === 0) {
      this.#catchUp(state, sequence - 1);
      const { budget, maxMessage } = this.#options;
      const isTooLong = total > 1 + 255 + maxMessage;
      if (isTooLong || !budget.tryAcquire(total)) return; // the gap shows with the next message
      state.partial = { sequence, kind, bytes: new Uint8Array(total), received: 0 };
    }
    const { partial } = state;
    if (partial?.sequence !== sequence) return; // its beginning is missing: the gap shows later
    if (offset !== partial.received || total !== partial.bytes.length) return this.#drop(state);
    partial.bytes.set(part, offset);
    partial.received += part.length;
    if (partial.received < total) return;
    this.#drop(state);
    this.#deliver(state, sequence, { kind, payload: partial.bytes });
  }

  #deliver(state: Node, sequence: number, broadcast: Broadcast): void {
    state.last = sequence;
    const isTooLong = broadcast.payload.length > 1 + 255 + this.#options.maxMessage;
    if (isTooLong || !isWhole(broadcast.payload)) return this.#receiver.reject();
    this.#receiver.deliver(broadcast);
  }

  /** Everything up to `sequence` that was not heard is missed. */
  #catchUp(state: Node, sequence: number): void {
    this.#drop(state);
    const missed = sequence - state.last;
    state.last = sequence;
    if (missed > MAX_GAP) this.#receiver.reject();
    else if (missed > 0) this.#receiver.miss(missed);
  }

  #drop(state: Node): void {
    if (state.partial !== null) this.#options.budget.release(state.partial.bytes.length);
    state.partial = null;
  }
}

function isWhole(payload: Uint8Array): boolean {
  try {
    decodeBroadcast(payload);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
