/**
 * The first message of a TLS client, written by hand: Deno cannot choose the versions that it offers.
 *
 * @module
 */
import { isIpv4 } from "../text/ip.ts";

/** TLS 1.3 to 1.0, and SSL 3, as the protocol numbers them. */
export type TlsVersion = 0x0304 | 0x0303 | 0x0302 | 0x0301 | 0x0300;

/** What a client offers. */
export interface HelloOptions {
  /** Its versions, the newest first. */
  versions: readonly TlsVersion[];
  /** The name that it asks for (SNI), or an address, which SNI does not have. */
  serverName: string;
  /** The ALPN protocols. */
  protocols: readonly string[];
}

const HANDSHAKE = 22, CLIENT_HELLO = 1;
const TLS_1_3 = 0x0304, TLS_1_2 = 0x0303, TLS_1_0 = 0x0301, SSL_3 = 0x0300;

/** AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305. */
const SUITES_OF_1_3 = [0x1301, 0x1302, 0x1303];
/** The same three with ECDHE, for keys of either kind. */
const SUITES_OF_1_2 = [0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8];
/** AES and 3DES with CBC: by ECDHE for keys of either kind, by DHE, and by RSA. */
const OLD_SUITES = [0xc009, 0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035, 0x000a];
/** X25519, P-256, P-384. */
const GROUPS = [0x001d, 0x0017, 0x0018];
/** ECDSA, Ed25519, RSA-PSS and RSA. */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

/** The record of a ClientHello. Its client can read the answer, but never complete the handshake. */
export function clientHello(options: HelloOptions): Uint8Array {
  const [newest = TLS_1_2] = options.versions;
  const body = [
    ...u16(Math.min(newest, TLS_1_2)), // a newer one is in an extension (RFC 8446, 4.1.2)
    ...random(32),
    ...vector(1, []), // no session to resume
    ...vector(2, suitesOf(options.versions).flatMap(u16)),
    ...vector(1, [0]), // no compression
    ...(newest === SSL_3 ? [] : vector(2, extensionsOf(options))), // SSL 3 has no extensions
  ];
  const record = u16(Math.min(newest, TLS_1_0));
  return Uint8Array.from([HANDSHAKE, ...record, ...vector(2, [CLIENT_HELLO, ...vector(3, body)])]);
}

function suitesOf(versions: readonly TlsVersion[]): number[] {
  return [
    ...(versions.includes(TLS_1_3) ? SUITES_OF_1_3 : []),
    ...(versions.includes(TLS_1_2) ? SUITES_OF_1_2 : []),
    ...(versions.some((version) => version < TLS_1_2) ? OLD_SUITES : []),
  ];
}

function extensionsOf({ versions, serverName, protocols }: HelloOptions): number[] {
  const ascii = (text: string) => [...new TextEncoder().encode(text)];
  const name = isName(serverName) ? [0, ...vector(2, ascii(serverName))] : null;
  const key = [...u16(GROUPS[0]!), ...vector(2, random(32))]; // any 32 bytes are a key of X25519
  return [
    ...(name === null ? [] : extension(0, vector(2, name))),
    ...extension(10, vector(2, GROUPS.flatMap(u16))),
    ...extension(11, vector(1, [0])), // points are not compressed
    // An older version has no such extension (RFC 5246, 7.4.1.4.1).
    ...(versions[0]! < TLS_1_2 ? [] : extension(13, vector(2, SIGNATURES.flatMap(u16)))),
    ...(protocols.length > 0 // an empty list is not allowed (RFC 7301, 3.1)
      ? extension(16, vector(2, protocols.flatMap((it) => vector(1, ascii(it)))))
      : []),
    ...extension(23, []), // extended master secret
    ...(versions[0] === TLS_1_3
      ? [...extension(43, vector(1, versions.flatMap(u16))), ...extension(51, vector(2, key))]
      : []),
    ...extension(0xff01, vector(1, [])), // secure renegotiation
  ];
}

/** Whether it is a name, and no address, which SNI does not have (RFC 6066, 3). */
export function isName(serverName: string): boolean {
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

function random(size: number): number[] {
  return [...crypto.getRandomValues(new Uint8Array(size))];
}
