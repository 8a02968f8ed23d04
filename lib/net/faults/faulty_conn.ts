/**
 * A connection that misbehaves in what it sends. Each fault is a class below this one.
 *
 * @module
 */
import type { Conn } from "../conn.ts";
import type { Random } from "./random.ts";
import type { FaultSpec } from "./spec.ts";

/** What a fault knows of its connection. */
export interface FaultContext {
  /** The fault. */
  spec: FaultSpec;
  /** The numbers of this connection. */
  random: Random;
  /** Takes note of a harm, and of how many bytes were sent before it. */
  report(at: number): void;
}

/** Passes everything on, and harms what is sent from the place on where the fault begins. */
export abstract class FaultyConn implements Conn {
  /** The connection below. */
  protected readonly inner: Conn;
  /** The fault, and what it needs. */
  protected readonly context: FaultContext;
  readonly #begun = performance.now();
  #sent = 0;

  /** Harms what is sent over `inner`. */
  constructor(inner: Conn, context: FaultContext) {
    this.inner = inner;
    this.context = context;
  }

  get peer(): Conn["peer"] {
    return this.inner.peer;
  }

  get name(): string {
    return this.inner.name;
  }

  get isEncrypted(): boolean {
    return this.inner.isEncrypted;
  }

  get written(): number {
    return this.inner.written;
  }

  handshake(): Promise<string | null> {
    return this.inner.handshake();
  }

  read(view: Uint8Array): Promise<number | null> {
    return this.inner.read(view);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const harmless = Math.min(bytes.length, this.#harmlessBytes);
    if (harmless > 0) await this.inner.write(bytes.subarray(0, harmless));
    this.#sent += harmless;
    if (harmless === bytes.length) return;
    const rest = bytes.subarray(harmless);
    await this.harm(rest);
    this.#sent += rest.length;
  }

  closeWrite(): Promise<void> {
    return this.inner.closeWrite();
  }

  close(): void {
    this.inner.close();
  }

  abort(): void {
    this.inner.abort();
  }

  reset(): boolean {
    return this.inner.reset?.() ?? false;
  }

  /** How many bytes the program has sent. */
  protected get sent(): number {
    return this.#sent;
  }

  /** Sends bytes, or what the fault makes of them. */
  protected abstract harm(bytes: Uint8Array): Promise<void>;

  get #harmlessBytes(): number {
    const { afterBytes, afterMs } = this.context.spec;
    if (performance.now() - this.#begun < afterMs) return Infinity;
    return Math.max(0, afterBytes - this.#sent);
  }
}
