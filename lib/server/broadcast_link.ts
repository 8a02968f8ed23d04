/**
 * Broadcasts on their way to another thread, with a bound.
 *
 * @module
 */
import type { Broadcast } from "../wire/codec.ts";

/**
 * How much the other thread may not have taken yet, in bytes. A message longer than this passes
 * alone.
 */
const MAX_UNACKED_BYTES = 8 * 1024 * 1024;

/** What a message costs besides its payload, in bytes, roughly. */
const PER_MESSAGE_OVERHEAD = 256;

/** One message of a link. */
export interface LinkedBroadcast {
  /** Names the message. */
  type: "broadcast";
  /** The broadcast; null: only the count is news. */
  broadcast: Broadcast | null;
  /** How many broadcasts before it were dropped, here or on the way to here. */
  missed: number;
}

/** What the other end answers to each `LinkedBroadcast`. */
export interface BroadcastAck {
  /** Names the message. */
  type: "broadcast-ack";
  /** `costOf` the message. */
  bytes: number;
}

/** How much of the bound a message takes, in bytes. */
export function costOf({ broadcast }: LinkedBroadcast): number {
  return PER_MESSAGE_OVERHEAD + (broadcast?.payload.length ?? 0);
}

/** The sending end. A thread that is too busy to take broadcasts misses some, and learns how many. */
export class BroadcastLink {
  readonly #post: (message: LinkedBroadcast) => void;
  #unacked = 0;
  #missed = 0;

  /** Sends through `post`. */
  constructor(post: (message: LinkedBroadcast) => void) {
    this.#post = post;
  }

  /** How many bytes the other end has not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** Sends a broadcast, or drops and counts it. `missed` were dropped before it came here. */
  send(broadcast: Broadcast | null, missed = 0): void {
    this.#missed += missed;
    const message = { type: "broadcast", broadcast, missed: this.#missed } as const;
    const cost = costOf(message);
    if (this.#unacked > 0 && this.#unacked + cost > MAX_UNACKED_BYTES) {
      if (broadcast !== null) this.#missed++;
      return;
    }
    this.#unacked += cost;
    this.#missed = 0;
    this.#post(message);
  }

  /** The other end has taken messages of `bytes`. */
  ack(bytes: number): void {
    this.#unacked -= bytes;
    if (this.#unacked === 0 && this.#missed > 0) this.send(null);
  }
}
