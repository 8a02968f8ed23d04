import { derOf } from "../../lib/certs/pem.ts";
import { Failure } from "../../lib/failure.ts";
import type { ConnectOptions } from "../../lib/net/connect.ts";
import { listen } from "../../lib/net/listen.ts";
import { certificateIn, fetchServerCertificate } from "../../lib/net/fetch_certificate.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { selfSigned } from "../support/odd_certs.ts";
import { testIdentity } from "../support/pairs.ts";
import { concat } from "../support/sources.ts";

const OPTIONS: Omit<ConnectOptions, "port"> = {
  hostname: "::1",
  authorities: [],
  protocols: [PROTOCOL],
  timeout: 10_000,
  signal: new AbortController().signal,
};

/** A handshake message: type, length, body. */
function message(type: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type, 0, body.length >> 8, body.length & 255), body);
}

/** A record of the handshake. */
function record(body: Uint8Array, type = 22): Uint8Array {
  return concat(Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 255), body);
}

function certificates(...all: Uint8Array[]): Uint8Array {
  const list = concat(...all.flatMap((one) => [Uint8Array.of(0, 0, one.length), one]));
  return message(11, concat(Uint8Array.of(0, 0, list.length), list));
}

const ALERT = (description: number) => record(Uint8Array.of(2, description), 21);

async function failure(port: number, options: Partial<ConnectOptions> = {}) {
  const error = await assertRejects(
    () => fetchServerCertificate({ ...OPTIONS, ...options, port }),
    Failure,
  );
  return [error.kind, error.message.replace(/^.*? port \d+: /, "")];
}

for (const kind of ["P-256", "P-384", "Ed25519", "RSA"] as const) {
  Deno.test(`fetchServerCertificate() sees the certificate of a server, ${kind}, which sees no client`, async () => {
    const { cert, key } = await selfSigned({ kind });
    const listener = await listen({
      hostname: "::1",
      port: 0,
      tls: { cert, key, protocols: [PROTOCOL] },
    });
    const seen = listener.accept().then(async (conn) => {
      const error = await conn.handshake().then(() => null, (error: Error) => error.message);
      conn.close();
      return error;
    });
    assertEquals(
      await fetchServerCertificate({ ...OPTIONS, port: listener.port }),
      new Uint8Array(derOf(cert)),
    );
    assertEquals(await seen, "the connection was closed during the handshake");
    listener.close();
  });
}

Deno.test("fetchServerCertificate() is turned away where another protocol is spoken", async () => {
  const { cert, key } = await testIdentity();
  const listener = await listen({
    hostname: "::1",
    port: 0,
    tls: { cert, key, protocols: ["h2"] },
  });
  const seen = listener.accept().then(async (conn) => {
    await conn.handshake().catch(() => {});
    conn.close();
  });
  assertEquals(await failure(listener.port), [
    "unreachable",
    "it speaks another protocol over TLS",
  ]);
  await seen;
  listener.close();
});

Deno.test("fetchServerCertificate() finds out that there is no certificate to be seen", async () => {
  for (
    const [answer, why] of [
      [new TextEncoder().encode("SSH-2.0-OpenSSH\r\n"), "it does not speak TLS"],
      [ALERT(40), "it does not show its certificate (alert 40)"],
      [new Uint8Array(), "the server closed the connection"],
    ] as const
  ) {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const accepted = listener.accept().then(async (conn) => {
      await conn.read(new Uint8Array(4096)); // all of the ClientHello, so that close is no reset
      await conn.write(answer);
      conn.close();
    });
    assertEquals(await failure(listener.addr.port), ["unreachable", why]);
    await accepted;
  }
});

Deno.test("fetchServerCertificate() gives up after the timeout, and when told to", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = listener.addr;
  assertEquals(await failure(port, { timeout: 50 }), [
    "unreachable",
    "it accepts the connection, but does not answer in TLS within 0.05 s",
  ]);
  (await listener.accept()).close();
  const interrupt = new AbortController();
  const peeking = fetchServerCertificate({ ...OPTIONS, port, signal: interrupt.signal });
  using conn = await listener.accept();
  await conn.read(new Uint8Array(1));
  interrupt.abort();
  const { cause } = await assertRejects(() => peeking, Failure);
  assertEquals((cause as Error).name, "AbortError");
});

Deno.test("certificateIn() reads a flight in any pieces and any records", () => {
  const [leaf, issuer] = [new Uint8Array(100).fill(7), new Uint8Array(50).fill(8)];
  const said = concat(message(2, new Uint8Array(70)), certificates(leaf, issuer));
  for (let cut = 1; cut < said.length; cut++) {
    const flight = concat(record(said.subarray(0, cut)), record(said.subarray(cut)));
    assertEquals(certificateIn(flight), leaf);
  }
  const flight = record(said);
  for (let length = 0; length < flight.length; length++) {
    assertEquals(certificateIn(flight.subarray(0, length)), null);
  }
  assertEquals(certificateIn(concat(flight, ALERT(0)).subarray(0, flight.length)), leaf);
});

Deno.test("certificateIn() does not believe a certificate that is longer than its message", () => {
  const lying = message(11, Uint8Array.of(0, 0, 9, 0, 0, 200, 1, 2, 3));
  assertThrows(() => certificateIn(record(lying)), Error, "it does not speak TLS");
});
