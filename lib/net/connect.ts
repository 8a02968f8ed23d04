/**
 * Connecting to a server.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { type Conn, PlainConn, TlsConn } from "./conn.ts";
import { socketFailure } from "./socket_errors.ts";
import { TlsError } from "./tls.ts";

/** Which server, and for how long to try. */
export interface DialOptions {
  /** A name or an address. The certificate must be for it, unless `serverName` is given. */
  hostname: string;
  /** 1 to 65535. */
  port: number;
  /** The deadline for connection and handshake together, in milliseconds. */
  timeout: number;
  /** Gives up when aborted. */
  signal: AbortSignal;
  /** Called when the TCP connection is there, before a handshake. */
  onConnected?: () => void;
}

/** Which server, and which authorities to trust. */
export interface ConnectOptions extends DialOptions {
  /** The name to ask for (SNI) and to verify, where it is not `hostname`. */
  serverName?: string;
  /** Whether the certificate may be for any name. Only for a caller that compares its key. */
  acceptsAnyName?: boolean;
  /** Authorities to trust besides the system's: PEM, one certificate each. */
  authorities: string[];
  /** The ALPN protocols to offer. */
  protocols: string[];
}

/** A connection whose handshake is done. */
export interface NegotiatedConn {
  /** The connection. */
  conn: Conn;
  /** The ALPN protocol that both sides agreed on, or null. */
  protocol: string | null;
  /**
   * The certificate that the server has proven to have the key of, DER; null where this Deno does
   * not show it, and without TLS.
   */
  certificate(): Uint8Array | null;
}

/**
 * Connects over TLS, to the address of a name that answers first. Throws a `Failure` of kind
 * `unreachable` that names address and port, or `untrusted` for the server's certificate.
 */
export function connect(options: ConnectOptions): Promise<NegotiatedConn> {
  return dialTcp(options, (tcp, signal) => handshake(tcp, options, signal));
}

/** Connects without TLS (`--plain`). Throws a `Failure` of kind `unreachable`. */
export function connectPlain(options: DialOptions): Promise<Conn> {
  return dialTcp(options, (tcp) => Promise.resolve(new PlainConn(tcp)));
}

/**
 * Opens a TCP connection and passes it to `use`, which has the same deadline and closes it. Throws
 * a `Failure` as `connect` does.
 */
export async function dialTcp<T>(
  options: DialOptions,
  use: (tcp: Deno.TcpConn, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { hostname, port, timeout } = options;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeout);
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  let isConnected = false;
  try {
    const tcp = await Deno.connect({ hostname, port, signal });
    isConnected = true;
    options.onConnected?.();
    tcp.setNoDelay();
    return await use(tcp, signal);
  } catch (error) {
    if (!deadline.signal.aborted) throw connectFailure(options, error);
    throw timeoutFailure(options, isConnected);
  } finally {
    clearTimeout(timer);
  }
}

async function handshake(
  tcp: Deno.TcpConn,
  { hostname, serverName = hostname, acceptsAnyName = false, authorities, protocols }:
    ConnectOptions,
  signal: AbortSignal,
): Promise<NegotiatedConn> {
  const tls = await Deno.startTls(tcp, {
    hostname: serverName,
    caCerts: authorities,
    alpnProtocols: protocols,
    unsafelyDisableHostnameVerification: acceptsAnyName,
  });
  const conn = new TlsConn(tls);
  const giveUp = Promise.withResolvers<never>();
  const abort = () => giveUp.reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort(); // before the listener was there
  try {
    const protocol = await Promise.race([conn.handshake(), giveUp.promise]);
    return { conn, protocol, certificate: () => peerCertificateOf(tls) };
  } catch (error) {
    conn.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Deno shows the certificate of a connection to node:tls only, by a method that a symbol names. The
 * method may be missing in another version.
 */
function peerCertificateOf(conn: Deno.TlsConn): Uint8Array | null {
  const symbol = Object.getOwnPropertySymbols(Object.getPrototypeOf(conn))
    .find(({ description }) => description === "getPeerCertificate");
  if (symbol === undefined) return null;
  const methods = conn as unknown as Record<symbol, (detailed: boolean) => { raw?: Uint8Array }>;
  return methods[symbol]!(true)?.raw ?? null;
}

/** Some servers without TLS wait for the end of a line, which a handshake does not have. */
function timeoutFailure({ hostname, port, timeout }: DialOptions, isConnected: boolean): Failure {
  const what = `cannot connect to ${hostname} port ${port}`;
  const seconds = `${timeout / 1000} s`;
  return isConnected
    ? new Failure("unreachable", {
      what,
      why: `it accepts the connection, but does not answer in TLS within ${seconds}`,
      hint: "it may speak no TLS (then try --plain), or be too busy",
    })
    : new Failure("unreachable", {
      what,
      why: `no answer within ${seconds}`,
      hint: "check the address, and that no firewall is in between",
    });
}

function connectFailure({ hostname, port }: DialOptions, cause: unknown): Failure {
  const what = `cannot connect to ${hostname} port ${port}`;
  if (cause instanceof TlsError) {
    const { message: why, hint } = cause;
    const isUntrusted = cause.problem === "untrusted" || cause.problem === "unknown-authority";
    const kind = isUntrusted ? "untrusted" : "unreachable";
    return new Failure(kind, { what, why, cause, ...(hint === undefined ? {} : { hint }) });
  }
  const uncreated = socketFailure("unreachable", hostname, cause);
  if (uncreated !== null) return uncreated;
  const unreachable = (why: string, hint: string) =>
    new Failure("unreachable", { what, why, hint, cause });
  if (cause instanceof Deno.errors.ConnectionRefused) {
    return unreachable("connection refused", "check that a server listens there");
  }
  if (cause instanceof Deno.errors.TimedOut) {
    return unreachable("no answer", "check the address, and that no firewall is in between");
  }
  const why = reasonOf(cause);
  if (/failed to lookup address/.test(why)) {
    return unreachable("there is no such name", "check the spelling");
  }
  return unreachable(why, "check the network");
}
