import { isFor, judgeDates } from "../../lib/check/tls/certificate_cases.ts";
import { Wrong } from "../../lib/check/case.ts";
import { runSuite } from "../../lib/check/run.ts";
import { answerIn, describe, recordSize } from "../../lib/check/tls/server_hello.ts";
import { type TlsDialing, TlsServer } from "../../lib/check/tls/tls_server.ts";
import { TLS_SUITE } from "../../lib/check/tls/suite.ts";
import { clientHello, type TlsVersion } from "../../lib/net/client_hello.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { daysFromNow } from "../support/odd_certs.ts";
import { concat, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

const SENT = clientHello({ versions: [0x0304, 0x0303], serverName: "localhost", protocols: [] });

/** A ServerHello of this legacy version, with a session's id and these extensions. */
function serverHello(version: number, extensions: number[]): Uint8Array {
  const session = [2, 7, 7];
  const body = [version >> 8, version & 255, ...new Uint8Array(32), ...session, 0x13, 1, 0];
  const all = [...body, 0, extensions.length, ...extensions];
  const message = [2, 0, 0, all.length, ...all];
  return Uint8Array.of(22, 3, 3, 0, message.length, ...message);
}

Deno.test(
  "check tls: the first record of an answer shows the version, or why there is none",
  PURE,
  () => {
    const answers: [Uint8Array, string][] = [
      [serverHello(0x0303, []), "it answered with TLS 1.2"],
      [serverHello(0x0303, [0, 51, 0, 1, 9, 0, 43, 0, 2, 3, 4]), "it answered with TLS 1.3"],
      [serverHello(0x0302, []), "it answered with TLS 1.1"],
      [serverHello(0x0300, []), "it answered with SSL 3"],
      [serverHello(0x7f1c, []), "it answered with the unknown version 7f1c"],
      [Uint8Array.of(21, 3, 3, 0, 2, 2, 70), "it answered with the alert protocol_version"],
      [Uint8Array.of(21, 3, 3, 0, 2, 2, 99), "it answered with the alert 99"],
      [SENT, "the ClientHello came back as it was"],
      [SENT.subarray(0, 9), "the ClientHello came back as it was"],
      [utf8("Welcome\n"), '"Welcome\n" came, and no TLS'],
    ];
    for (const [bytes, text] of answers) assertEquals(describe(answerIn(bytes, SENT)), text);
    const hello = serverHello(0x0303, []);
    const followed = concat(hello, utf8("more"));
    assertEquals([recordSize(followed), recordSize(utf8("Welcome\n"))], [hello.length, 0]);
    assertEquals(answerIn(followed, SENT), { kind: "hello", version: 0x0303 });
    assertEquals(answerIn(hello.subarray(0, 20), SENT).kind, "other");
  },
);

Deno.test("check tls: a name of a certificate is HOST's, or `*` is one label of it", PURE, () => {
  const names: [name: string, host: string, isFor: boolean][] = [
    ["localhost", "LOCALHOST", true],
    ["example.com", "www.example.com", false],
    ["*.example.com", "www.example.com", true],
    ["*.example.com", "a.www.example.com", false],
    ["*.example.com", "example.com", false],
    ["*.com", ".com", false],
    ["0:0:0:0:0:0:0:1", "::1", true],
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.1", "127.0.0.2", false],
    ["localhost", "::1", false],
  ];
  for (const [name, host, wanted] of names) {
    assertEquals([name, host, isFor(name, host)], [name, host, wanted]);
  }
});

Deno.test(
  "check tls: the end of a certificate is near in its last week, or its last third",
  PURE,
  () => {
    const judge = (from: number, to: number) =>
      judgeDates(daysFromNow(from), daysFromNow(to), daysFromNow(0));
    judge(-80, 8);
    judge(-3, 3);
    assertEquals(
      [[-80, 6], [-6, 2], [-9, -1], [1, 9]].map(([from, to]) =>
        assertThrows(() => judge(from!, to!), Wrong).diagnosis
      ),
      [
        "has a certificate that ends soon: renew it in time",
        "has a certificate that ends soon: renew it in time",
        "has a certificate that has expired: renew it",
        "has a certificate that is not valid yet: check the clocks",
      ],
    );
  },
);

Deno.test(
  "check tls: two keys on two connections are a mistake, and nothing is said of them",
  PURE,
  async () => {
    const fingerprints = ["SHA256:one", "SHA256:other"];
    const unused = () => Promise.reject(new Error("not needed"));
    const dialing: TlsDialing = {
      hostname: "localhost",
      pin: null,
      clientHello: () => SENT,
      connectPlain: unused,
      connectTrusting: unused,
      connectAnyhow: unused,
      resumesSession: unused,
      fetchCertificate: () =>
        Promise.resolve({ der: new Uint8Array(), names: [], fingerprint: fingerprints.shift()! }),
    };
    const ids = ["tls-fingerprint", "tls-key", "tls-name"];
    const cases = TLS_SUITE.cases.filter(({ id }) => ids.includes(id));
    const signal = new AbortController().signal;
    const outcomes = await runSuite(
      { ...TLS_SUITE, cases },
      new TlsServer(dialing),
      () => {},
      signal,
    );
    assertEquals(outcomes.map(({ status, saw }) => [status, saw]), [
      ["failed", "first SHA256:one, then SHA256:other"],
      ["skipped", "it says nothing after the mistake in tls-fingerprint"],
      ["skipped", "it says nothing after the mistake in tls-fingerprint"],
    ]);
  },
);

Deno.test("check tls: a ClientHello of each version is one whole record", PURE, () => {
  const records: [TlsVersion[], record: number, legacy: number][] = [
    [[0x0304, 0x0303], 0x0301, 0x0303],
    [[0x0304], 0x0301, 0x0303],
    [[0x0303], 0x0301, 0x0303],
    [[0x0302], 0x0301, 0x0302],
    [[0x0300], 0x0300, 0x0300],
  ];
  for (const [versions, record, legacy] of records) {
    const hello = clientHello({ versions, serverName: "localhost", protocols: ["echo/1"] });
    const view = new DataView(hello.buffer);
    assertEquals(
      [view.getUint16(1), view.getUint16(3), view.getUint16(7), view.getUint16(9)],
      [record, hello.length - 5, hello.length - 9, legacy],
    );
  }
});
