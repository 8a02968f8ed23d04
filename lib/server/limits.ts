/**
 * How many connections there may be: in all, and from one source.
 *
 * @module
 */

/** Of how many that are too many each is told why; the rest are closed at once. */
const MAX_REJECTION_NOTICES = 64;

/** Why a connection cannot stay. */
export interface Rejection {
  /** The limit it is over. */
  reason: string;
  /** Whether it is told: that takes a handshake, and only so many are worth it. */
  sendError: boolean;
}

/** Decides who may stay. */
export interface ConnectionLimiter {
  /** A connection from an address has come; null: it may stay. */
  acquire(id: number, address: string): Rejection | null | Promise<Rejection | null>;
  /** It is gone, whether it might stay or not. */
  release(id: number): void;
}

/** The limits, for all connections of a server. */
export class LocalConnectionLimiter implements ConnectionLimiter {
  readonly #max: { connections: number; perSource: number };
  readonly #sources = new Map<string, number>();
  readonly #admitted = new Map<number, string>();
  readonly #told = new Set<number>();

  /** Lets in `connections` at a time, of which `perSource` from one source. */
  constructor(connections: number, perSource: number) {
    this.#max = { connections, perSource };
  }

  acquire(id: number, address: string): Rejection | null {
    const source = addressPrefix(address);
    const why = this.#obstacle(source);
    if (why === null) {
      this.#admitted.set(id, source);
      this.#sources.set(source, this.#countOf(source) + 1);
      return null;
    }
    const isTold = this.#told.size < MAX_REJECTION_NOTICES;
    if (isTold) this.#told.add(id);
    return { reason: why, sendError: isTold };
  }

  release(id: number): void {
    this.#told.delete(id);
    const source = this.#admitted.get(id);
    if (source === undefined) return;
    this.#admitted.delete(id);
    const left = this.#countOf(source) - 1;
    if (left === 0) this.#sources.delete(source);
    else this.#sources.set(source, left);
  }

  #obstacle(source: string): string | null {
    const { connections, perSource } = this.#max;
    if (this.#admitted.size >= connections) {
      return `the server has ${connections} connections already`;
    }
    if (this.#countOf(source) >= perSource) {
      return `the server has ${perSource} connections from your address already`;
    }
    return null;
  }

  #countOf(source: string): number {
    return this.#sources.get(source) ?? 0;
  }
}

/**
 * What counts as one source: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever
 * has one such address has all that share them (RFC 4291, 2.5.4).
 */
export function addressPrefix(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
