/**
 * How hubs of several threads or processes share their broadcasts.
 *
 * @module
 */
import type { Broadcast } from "../wire/codec.ts";

/** A hub, as its bus sees it. */
export interface BusReceiver {
  /** A broadcast of another hub. */
  deliver(broadcast: Broadcast): void;
  /** So many broadcasts of other threads were lost on the way. */
  miss(count: number): void;
  /** So many broadcasts of other servers were lost on the way. */
  missRemote(count: number): void;
  /** All subscribers get a text for people. */
  notice(text: string): void;
}

/** Joins hubs. A worker thread has one to the others; a message broker can be one. */
export interface Bus {
  /** Sends a broadcast to all other hubs. */
  publish(broadcast: Broadcast): void | Promise<void>;
  /** Gives `receiver` what other hubs send, until disposed of. */
  subscribe(receiver: BusReceiver): Disposable;
}
