/**
 * How hubs of several threads or processes share their broadcasts.
 *
 * @module
 */

/** Joins hubs. A worker thread has one to the others; a message broker can be one. */
export interface Bus {
  /** Sends a `broadcast` payload to all other hubs. */
  publish(payload: Uint8Array): void | Promise<void>;
  /** Calls `deliver` with each `broadcast` payload of another hub, until disposed of. */
  subscribe(deliver: (payload: Uint8Array) => void): Disposable;
}
