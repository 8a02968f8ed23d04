/**
 * A connection as the rest of the program sees it. `lib/net` makes connections, `lib/cli` passes
 * them on.
 *
 * @module
 */
import { formatHostPort } from "../text/host_port.ts";
import type { Endpoint } from "./address.ts";
import { canonicalAddress } from "../text/ip.ts";
import { type FourTuple, resetSocket, shutdownSocket } from "./socket.ts";
import { tlsFailure } from "./tls.ts";

/** The other end of a connection: an IP address without brackets, and a port. */
export type Peer = Endpoint;

/**
 * How much one call of Deno's `write` gets, in bytes. TLS copies all that it gets, so a long message
 * would be copied for each of its receivers, and `written` would not move until all is taken.
 */
const MAX_WRITE_BYTES = 256 * 1024;

/** Two directions of bytes, and the ways to end them. */
export interface Conn {
  /** The other end. */
  readonly peer: Peer;
  /** The other end as text: `[::1]:50514`. */
  readonly name: string;
  /** Whether it is over TLS: a handshake that succeeds shows that the peer is a client. */
  readonly isEncrypted: boolean;
  /**
   * Completes the TLS handshake and returns the ALPN protocol, or null where the client offered
   * none. It has no deadline of its own: `close` ends it. Throws a `TlsError` that says what is
   * wrong with the handshake or the certificate.
   */
  handshake(): Promise<string | null>;
  /**
   * Fills at most all of `view`; returns how many bytes came, or null when the peer has ended its
   * side cleanly. Throws `Deno.errors.UnexpectedEof` when the peer left without close_notify.
   */
  read(view: Uint8Array): Promise<number | null>;
  /** Writes all of `bytes`; settles when the system has taken them. Only one call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends this side: close_notify and end of stream. The other direction stays open. */
  closeWrite(): Promise<void>;
  /** How many bytes the system has taken so far. */
  readonly written: number;
  /**
   * Closes the connection; pending reads and writes reject. Written bytes still arrive, and the
   * system keeps the socket until the peer takes them. May be called again.
   */
  close(): void;
  /** Closes it at once, also where an unresponsive peer would keep the socket open. */
  abort(): void;
  /** Resets it, so that the peer gets an error; returns whether that could be done. */
  reset?(): boolean;
}

/** The common part of the two kinds of connection. */
export abstract class DenoConn<C extends Deno.TcpConn | Deno.TlsConn> implements Conn {
  readonly peer: Peer;
  readonly name: string;
  /** The connection of Deno. */
  protected readonly conn: C;
  #written = 0;

  /** Wraps a connection of Deno. */
  constructor(conn: C) {
    const { hostname, port } = conn.remoteAddr;
    this.conn = conn;
    this.peer = { hostname: canonicalAddress(hostname), port };
    this.name = formatHostPort(this.peer);
  }

  /** As in `Conn`. */
  abstract readonly isEncrypted: boolean;

  /** As in `Conn`. */
  abstract handshake(): Promise<string | null>;

  read(view: Uint8Array): Promise<number | null> {
    return this.conn.read(view);
  }

  get written(): number {
    return this.#written;
  }

  write(bytes: Uint8Array): Promise<void> {
    const piece = bytes.length > MAX_WRITE_BYTES ? bytes.subarray(0, MAX_WRITE_BYTES) : bytes;
    return this.conn.write(piece).then((written) => {
      this.#written += written;
      if (written < bytes.length) return this.write(bytes.subarray(written));
    });
  }

  closeWrite(): Promise<void> {
    return this.conn.closeWrite();
  }

  close(): void {
    try {
      this.conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
    }
  }

  abort(): void {
    shutdownSocket(this.#ends);
    this.close();
  }

  reset(): boolean {
    const isReset = resetSocket(this.#ends);
    this.close();
    return isReset;
  }

  get #ends(): FourTuple {
    const { localAddr, remoteAddr } = this.conn;
    return { localAddr: localAddr as Deno.NetAddr, remoteAddr: remoteAddr as Deno.NetAddr };
  }
}

/** A connection over TLS, before or after its handshake. */
export class TlsConn extends DenoConn<Deno.TlsConn> {
  /** Yes. */
  readonly isEncrypted = true;

  /** Completes the handshake; throws a `TlsError` when it fails. */
  async handshake(): Promise<string | null> {
    try {
      return (await this.conn.handshake()).alpnProtocol;
    } catch (error) {
      throw tlsFailure(error);
    }
  }
}

/** A connection without TLS (`--plain`): any host on the path can read and change it. */
export class PlainConn extends DenoConn<Deno.TcpConn> {
  /** No. */
  readonly isEncrypted = false;

  /** Small writes leave at once (TCP_NODELAY). */
  constructor(conn: Deno.TcpConn) {
    super(conn);
    conn.setNoDelay();
  }

  /** There is no handshake. */
  handshake(): Promise<null> {
    return Promise.resolve(null);
  }
}
