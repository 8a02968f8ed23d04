/**
 * Fetches the certificate of a server, to ask a person about it. The server only claims it: a
 * handshake proves it (lib/certs/fingerprint.ts).
 *
 * In TLS 1.2 a server sends its certificate before anything is encrypted. So this sends a
 * ClientHello of TLS 1.2, reads up to the certificate, and closes. The server sees a handshake that
 * was not completed, and no client. A server of TLS 1.3 only needs a whole handshake.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { writeAll } from "../std.ts";
import { clientHello } from "./client_hello.ts";
import { type ConnectOptions, dialTcp } from "./connect.ts";
import { TlsError } from "./tls.ts";
import { connectUnverified } from "./unverified.ts";

const ALERT = 21, HANDSHAKE = 22;
const CERTIFICATE = 11;
const TLS_1_2 = 0x0303;
const RECORD_HEADER = 5, MESSAGE_HEADER = 4;

/** A server's first flight is a few kilobytes. A longer one, in bytes, is not read. */
const MAX_FLIGHT_BYTES = 128 * 1024;

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

/** By a whole handshake, which verifies nothing. */
function fetchByHandshake(options: ConnectOptions): Promise<Uint8Array> {
  return connectUnverified(options, {}, (socket) => {
    const { raw } = socket.getPeerCertificate(true);
    if (!raw) throw notTls();
    return Promise.resolve(new Uint8Array(raw));
  });
}

function fetchInTheClear(options: ConnectOptions): Promise<Uint8Array> {
  const { hostname, serverName = hostname, protocols } = options;
  const hello = clientHello({ versions: [TLS_1_2], serverName, protocols });
  return dialTcp(options, async (tcp, signal) => {
    const close = () => tcp.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      await writeAll(tcp, hello);
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
