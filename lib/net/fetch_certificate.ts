/**
 * Fetches the certificate of a server, to ask a person about it. The server only claims it: a
 * handshake proves it (lib/certs/fingerprint.ts).
 *
 * In TLS 1.2 a server sends its certificate before anything is encrypted. So this sends a
 * ClientHello of TLS 1.2, reads up to the certificate, and closes. The server sees a handshake that
 * was not completed, and no client. A server of TLS 1.3 only needs a whole handshake, by node:tls.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { writeAll } from "../std.ts";
import { isIpv4 } from "../text/ip.ts";
import { type ConnectOptions, dialTcp } from "./connect.ts";
import { TlsError, tlsFailure } from "./tls.ts";

const ALERT = 21, HANDSHAKE = 22;
const CLIENT_HELLO = 1, CERTIFICATE = 11;
const TLS_1_2 = [3, 3];
const RECORD_HEADER = 5, MESSAGE_HEADER = 4;

/** A server's first flight is a few kilobytes. A longer one, in bytes, is not read. */
const MAX_FLIGHT_BYTES = 128 * 1024;

/** With ECDHE, for keys of either kind: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305. */
const CIPHER_SUITES = [0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8];
/** X25519, P-256, P-384. */
const GROUPS = [0x001d, 0x0017, 0x0018];
/** ECDSA, Ed25519, RSA-PSS and RSA. */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

/**
 * The certificate of a server, DER. Throws a `Failure` as `connect` does. A server without TLS is of
 * kind `unreachable` too.
 */
export async function fetchServerCertificate(options: ConnectOptions): Promise<Uint8Array> {
  try {
    return await fetchInTheClear(options);
  } catch (error) {
    if (!(error instanceof Failure) || error.cause !== NEEDS_TLS_1_3) throw error;
    return await fetchByHandshake(options);
  }
}

/** By a whole handshake of node:tls, which verifies nothing, unlike those of Deno. */
function fetchByHandshake(options: ConnectOptions): Promise<Uint8Array> {
  const { hostname, serverName = hostname, protocols } = options;
  return dialTcp(options, async (tcp, signal) => {
    tcp.close(); // node:tls makes its own connection
    const tls = await import("node:tls");
    const socket = tls.connect({
      host: hostname,
      port: options.port,
      ...(isName(serverName) ? { servername: serverName } : {}),
      ALPNProtocols: protocols,
      rejectUnauthorized: false,
    });
    const shown = Promise.withResolvers<Uint8Array>();
    socket.once("secureConnect", () => {
      const { raw } = socket.getPeerCertificate(true);
      if (raw) shown.resolve(new Uint8Array(raw));
      else shown.reject(notTls());
    });
    socket.on("error", (error) => shown.reject(tlsFailure(error)));
    const abort = () => shown.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await shown.promise;
    } finally {
      signal.removeEventListener("abort", abort);
      socket.destroy();
    }
  });
}

function fetchInTheClear(options: ConnectOptions): Promise<Uint8Array> {
  return dialTcp(options, async (tcp, signal) => {
    const close = () => tcp.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      await writeAll(tcp, clientHello(options));
      return await recvCertificate(tcp);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", close);
      if (!signal.aborted) tcp.close();
    }
  });
}

async function recvCertificate(tcp: Deno.TcpConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_FLIGHT_BYTES);
  for (let filled = 0; filled < MAX_FLIGHT_BYTES;) {
    const count = await tcp.read(buffer.subarray(filled));
    if (count === null) throw new Deno.errors.UnexpectedEof("the server closed the connection");
    filled += count;
    const certificate = certificateIn(buffer.subarray(0, filled));
    if (certificate !== null) return certificate;
  }
  throw notTls();
}

/**
 * The server's certificate, DER, in its bytes so far; null while more has to come. Throws a
 * `TlsError` when it will never come.
 */
export function certificateIn(flight: Uint8Array): Uint8Array | null {
  const messages = handshakeIn(flight);
  for (let at = 0; at + MESSAGE_HEADER <= messages.length;) {
    const start = at + MESSAGE_HEADER;
    const end = start + number(messages, at + 1, 3);
    if (messages[at] === CERTIFICATE) {
      // The length of the list, then the length of the first one in it.
      const first = start + 6;
      if (messages.length < first) return null;
      const length = number(messages, start + 3, 3);
      if (first + length > end) throw notTls();
      return messages.length < first + length ? null : messages.slice(first, first + length);
    }
    at = end;
  }
  return null;
}

/** The handshake messages in the records that have come whole. */
function handshakeIn(flight: Uint8Array): Uint8Array {
  const pieces: number[] = [];
  for (let at = 0; at < flight.length;) {
    const type = flight[at];
    if (type !== ALERT && type !== HANDSHAKE) throw notTls();
    const start = at + RECORD_HEADER;
    const end = start + number(flight, at + 3, 2);
    if (flight.length < start || flight.length < end) break;
    if (type === ALERT) throw alertError(flight[start + 1]);
    for (const byte of flight.subarray(start, end)) pieces.push(byte);
    at = end;
  }
  return Uint8Array.from(pieces);
}

function number(bytes: Uint8Array, at: number, size: number): number {
  return bytes.subarray(at, at + size).reduce((sum, byte) => sum << 8 | byte, 0);
}

function clientHello({ hostname, serverName = hostname, protocols }: ConnectOptions): Uint8Array {
  const ascii = (text: string) => [...new TextEncoder().encode(text)];
  const extensions = [
    ...(isName(serverName) ? extension(0, vector(2, [0, ...vector(2, ascii(serverName))])) : []),
    ...extension(10, vector(2, GROUPS.flatMap(u16))),
    ...extension(11, vector(1, [0])), // points are not compressed
    ...extension(13, vector(2, SIGNATURES.flatMap(u16))),
    ...(protocols.length > 0 // an empty list is not allowed (RFC 7301, 3.1)
      ? extension(16, vector(2, protocols.flatMap((it) => vector(1, ascii(it)))))
      : []),
    ...extension(23, []), // extended master secret
    ...extension(0xff01, vector(1, [])), // secure renegotiation
  ];
  const body = [
    ...TLS_1_2,
    ...crypto.getRandomValues(new Uint8Array(32)),
    ...vector(1, []), // no session to resume
    ...vector(2, CIPHER_SUITES.flatMap(u16)),
    ...vector(1, [0]), // no compression
    ...vector(2, extensions),
  ];
  return Uint8Array.from([HANDSHAKE, 3, 1, ...vector(2, [CLIENT_HELLO, ...vector(3, body)])]);
}

/** Whether it is a name, and no address, which SNI does not have (RFC 6066, 3). */
function isName(serverName: string): boolean {
  return !serverName.includes(":") && !isIpv4(serverName);
}

function extension(type: number, data: number[]): number[] {
  return [...u16(type), ...vector(2, data)];
}

/** Data with its length before it; the length has `size` bytes. */
function vector(size: 1 | 2 | 3, data: number[]): number[] {
  const length = [data.length >> 16, data.length >> 8 & 0xff, data.length & 0xff];
  return [...length.slice(-size), ...data];
}

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function alertError(alert: number | undefined): TlsError {
  const PROTOCOL_VERSION = 70, NO_APPLICATION_PROTOCOL = 120;
  if (alert === PROTOCOL_VERSION) return NEEDS_TLS_1_3;
  const why = alert === NO_APPLICATION_PROTOCOL
    ? "it speaks another protocol over TLS"
    : `it does not show its certificate (alert ${alert})`;
  return new TlsError("protocol", why, undefined, null);
}

/** The answer of a server that speaks TLS 1.3 only. */
const NEEDS_TLS_1_3 = new TlsError("protocol", "it speaks TLS 1.3 only", undefined, null);

function notTls(): TlsError {
  return new TlsError("protocol", "it does not speak TLS", undefined, null);
}
