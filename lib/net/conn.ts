/**
 * What the rest of the program sees of a connection. `lib/net` makes them, `lib/cli` hands them on.
 *
 * @module
 */
import { formatHostPort } from "../text/host_port.ts";
import { type Endpoint, unmapIPv4 } from "./address.ts";
import { shutdownSocket } from "./socket.ts";
import { tlsFailure } from "./tls.ts";

/** The other end of a connection: an IP address without brackets, and a port. */
export type Peer = Endpoint;

/** Two directions of bytes, and the ways to end them. */
export interface Conn {
  /** The other end. */
  readonly peer: Peer;
  /** The other end as people read it: `[::1]:50514`. */
  readonly name: string;
  /** Whether it is over TLS: a handshake that succeeds shows that the peer is a client. */
  readonly isEncrypted: boolean;
  /**
   * Completes the TLS handshake and tells what was agreed on by ALPN, null where the client offered
   * nothing. It has no deadline of its own: `close` ends it. Throws an Error whose message says
   * what is wrong with the handshake or the certificate.
   */
  handshake(): Promise<string | null>;
  /**
   * Fills at most all of `view` and says how many bytes came, or null when the peer has ended its
   * side cleanly. Throws `Deno.errors.UnexpectedEof` when it left without close_notify.
   */
  read(view: Uint8Array): Promise<number | null>;
  /** Writes all of `bytes`; settles when the system has taken them. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our side: close_notify and end of stream. The other direction stays open. */
  closeWrite(): Promise<void>;
  /** How many bytes the system has taken so far. */
  readonly written: number;
  /**
   * Gives everything back; pending reads and writes reject. What was written still arrives, and as
   * long as the peer does not take it the system keeps the socket. May be called again.
   */
  close(): void;
  /** Closes it for a peer that would not let it be closed: at once, whatever is under way. */
  abort(): void;
}

/** What the two kinds of connection have in common. */
export abstract class DenoConn<C extends Deno.TcpConn | Deno.TlsConn> implements Conn {
  readonly peer: Peer;
  readonly name: string;
  /** Deno's own. */
  protected readonly conn: C;
  #written = 0;

  /** Wraps Deno's own. */
  constructor(conn: C) {
    const { hostname, port } = conn.remoteAddr;
    this.conn = conn;
    this.peer = { hostname: unmapIPv4(hostname), port };
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
    return this.conn.write(bytes).then((written) => {
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
    const { localAddr, remoteAddr } = this.conn;
    shutdownSocket({
      localAddr: localAddr as Deno.NetAddr,
      remoteAddr: remoteAddr as Deno.NetAddr,
    });
    this.close();
  }
}

/** A connection over TLS; the handshake may still be to come. */
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

/** A connection that anyone on the way can read and change (`--plain`). */
export class PlainConn extends DenoConn<Deno.TcpConn> {
  /** No. */
  readonly isEncrypted = false;

  /** Small writes leave at once. */
  constructor(conn: Deno.TcpConn) {
    super(conn);
    conn.setNoDelay();
  }

  /** There is none. */
  handshake(): Promise<null> {
    return Promise.resolve(null);
  }
}
