/**
 * How hubs of several threads or processes share their broadcasts.
 *
 * @module
 */

/** A hub, as its bus sees it. */
export interface BusReceiver {
  /** A `broadcast` payload of another hub. */
  deliver(payload: Uint8Array): void;
  /** So many broadcasts of other hubs were lost on the way. */
  miss(count: number): void;
}

/** Joins hubs. A worker thread has one to the others; a message broker can be one. */
export interface Bus {
  /** Sends a `broadcast` payload to all other hubs. */
  publish(payload: Uint8Array): void | Promise<void>;
  /** Gives `receiver` what other hubs send, until disposed of. */
  subscribe(receiver: BusReceiver): Disposable;
}
