/**
 * A server that shows any certificate, also one that no TLS library would serve with, and has the
 * key of none: its flight of TLS 1.2 is written down, and its signature is wrong.
 *
 * @module
 */

const ALERT = 21, HANDSHAKE = 22;
const SERVER_HELLO = 2, CERTIFICATE = 11, SERVER_KEY_EXCHANGE = 12, SERVER_HELLO_DONE = 14;
const TLS_1_2 = [3, 3];
const FATAL = 2;
const ALPN = [0, 16];
const ECDHE_ECDSA_AES128_GCM = [0xc0, 0x2b];
const NAMED_CURVE = 3, X25519 = [0, 0x1d], ECDSA_P256_SHA256 = [4, 3];

/** The alert of a server that has no certificate that the client takes. */
export const HANDSHAKE_FAILURE = 40;

/** What a server says that shows these certificates, DER, its own first. */
export function showing(...certificates: Uint8Array[]): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const publicKey = [9, ...new Uint8Array(31)];
  return record(HANDSHAKE, [
    ...message(SERVER_HELLO, [...TLS_1_2, ...random, 0, ...ECDHE_ECDSA_AES128_GCM, 0]),
    ...message(CERTIFICATE, vector(3, certificates.flatMap((it) => vector(3, [...it])))),
    ...message(SERVER_KEY_EXCHANGE, [
      ...[NAMED_CURVE, ...X25519, ...vector(1, publicKey)],
      ...[...ECDSA_P256_SHA256, ...vector(2, [0x30, 6, 2, 1, 1, 2, 1, 1])],
    ]),
    ...message(SERVER_HELLO_DONE, []),
  ]);
}

/** The same, of a server that chooses an ALPN protocol, offered or not. */
export function choosing(protocol: string, certificate: Uint8Array): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const name = vector(1, [...new TextEncoder().encode(protocol)]);
  const extensions = vector(2, [...ALPN, ...vector(2, vector(2, name))]);
  return record(HANDSHAKE, [
    ...message(SERVER_HELLO, [
      ...[...TLS_1_2, ...random, 0, ...ECDHE_ECDSA_AES128_GCM, 0],
      ...extensions,
    ]),
    ...message(CERTIFICATE, vector(3, vector(3, [...certificate]))),
  ]);
}

/** What a server says that refuses. */
export function refusing(alert: number): Uint8Array {
  return record(ALERT, [FATAL, alert]);
}

/** Says `flight` to whoever says hello on a port of `::1`, and waits until they leave. */
export class Impostor implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "::1", port: 0 });
  readonly #accepted: Promise<void>;

  /** Says it from now on. */
  constructor(flight: Uint8Array) {
    this.#accepted = this.#accept(flight);
  }

  /** Where to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async #accept(flight: Uint8Array): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const conn of this.#listener) served.push(answer(conn, flight));
    await Promise.all(served);
  }

  /** Leaves; whoever is still connected has to leave first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepted;
  }
}

async function answer(conn: Deno.Conn, flight: Uint8Array): Promise<void> {
  const hello = new Uint8Array(16 * 1024);
  try {
    if (await conn.read(hello) === null) return;
    for (let sent = 0; sent < flight.length;) sent += await conn.write(flight.subarray(sent));
    while (await conn.read(hello) !== null);
  } catch {
    // It left in anger.
  } finally {
    conn.close();
  }
}

function record(type: number, data: number[]): Uint8Array {
  return Uint8Array.from([type, ...TLS_1_2, ...vector(2, data)]);
}

function message(type: number, body: number[]): number[] {
  return [type, ...vector(3, body)];
}

/** Data with its length before it, in so many bytes. */
function vector(size: 1 | 2 | 3, data: number[]): number[] {
  const length = [data.length >> 16, data.length >> 8 & 0xff, data.length & 0xff];
  return [...length.slice(-size), ...data];
}
