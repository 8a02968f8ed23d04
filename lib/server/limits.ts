/**
 * How many connections there may be: in all, and from one address.
 *
 * @module
 */
import { addressPrefix } from "../text/ip.ts";
import type { Usage } from "./metrics.ts";

/**
 * At most this many rejected connections at a time get a TLS handshake and an error message; others
 * are closed at once.
 */
const MAX_REJECTION_NOTICES = 64;

/** Why a connection is not admitted. */
export interface Rejection {
  /** The limit that it is over, for people. */
  reason: string;
  /** Whether the client gets an error message first. That takes a handshake. */
  sendError: boolean;
}

/** Decides which connections are admitted. */
export interface ConnectionLimiter {
  /** Counts connection `id` from an address; null: it is admitted. */
  acquire(id: number, address: string): Rejection | null | Promise<Rejection | null>;
  /** Connection `id` is gone, whether it was admitted or not. */
  release(id: number): void;
  /** How many are admitted, as far as they are counted here. */
  readonly usage: Pick<Usage, "connections" | "fromOneAddress">;
}

/** Counts the connections of this process. */
export class LocalConnectionLimiter implements ConnectionLimiter {
  readonly #maxConnections: number;
  readonly #maxPerPrefix: number;
  readonly #countByPrefix = new Map<string, number>();
  /** The prefix of each connection that is admitted. */
  readonly #admitted = new Map<number, string>();
  /** The rejected connections that get an error message. */
  readonly #notified = new Set<number>();

  /** Admits `maxConnections` at a time, of which `maxPerPrefix` share an address prefix. */
  constructor(maxConnections: number, maxPerPrefix: number) {
    this.#maxConnections = maxConnections;
    this.#maxPerPrefix = maxPerPrefix;
  }

  acquire(id: number, address: string): Rejection | null {
    const prefix = addressPrefix(address);
    const reason = this.#exceededLimit(prefix);
    if (reason === null) {
      this.#admitted.set(id, prefix);
      this.#countByPrefix.set(prefix, this.#countOf(prefix) + 1);
      return null;
    }
    const sendError = this.#notified.size < MAX_REJECTION_NOTICES;
    if (sendError) this.#notified.add(id);
    return { reason, sendError };
  }

  release(id: number): void {
    this.#notified.delete(id);
    const prefix = this.#admitted.get(id);
    if (prefix === undefined) return;
    this.#admitted.delete(id);
    const count = this.#countOf(prefix) - 1;
    if (count === 0) this.#countByPrefix.delete(prefix);
    else this.#countByPrefix.set(prefix, count);
  }

  get usage(): Pick<Usage, "connections" | "fromOneAddress"> {
    let fromOneAddress = 0;
    for (const count of this.#countByPrefix.values()) {
      fromOneAddress = Math.max(fromOneAddress, count);
    }
    return { connections: this.#admitted.size, fromOneAddress };
  }

  #exceededLimit(prefix: string): string | null {
    if (this.#admitted.size >= this.#maxConnections) {
      return `the server has ${this.#maxConnections} connections already`;
    }
    if (this.#countOf(prefix) >= this.#maxPerPrefix) {
      return `the server has ${this.#maxPerPrefix} connections from your address already`;
    }
    return null;
  }

  #countOf(prefix: string): number {
    return this.#countByPrefix.get(prefix) ?? 0;
  }
}
