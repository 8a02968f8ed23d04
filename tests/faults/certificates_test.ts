/** Certificates that a client refuses, and those that it does not: one line each. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { anchorFor, fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { type Identity, OPENSSL_LINE } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { runClient, runProgram, type Server, startServer } from "../support/echo.ts";
import { HANDSHAKE_FAILURE, Impostor, refusing, showing } from "../support/impostor.ts";
import {
  CRITICAL,
  day,
  der,
  ENCRYPTED,
  type Folder,
  folder,
  FOR_CLIENTS,
  type Oddity,
  selfSigned,
} from "../support/odd_certs.ts";
import { hasTool, startOpenssl } from "../support/tools.ts";

/** Puts a pair into the folder, and returns the options that name it. */
async function own(dir: Folder, name: string, { cert, key }: Identity): Promise<string[]> {
  return [
    ...["--cert", await dir.put(`${name}.pem`, cert)],
    ...["--key", await dir.put(`${name}-key.pem`, key)],
  ];
}

/** Starts a server on every address: which of them localhost is differs by machine. */
function startEverywhere(...options: string[]): Promise<Server> {
  return startServer({ args: ["0", ...options], ready: /^server is using port: (\d+)$/ });
}

/** Runs a client that sends hello to the server by the name given. */
function hello({ port }: Server, hostname: string, ...options: string[]) {
  return runClient([hostname, `${port}`, "hello", "--style", "banner", ...options]);
}

Deno.test("a server with a pair of one's own is trusted with --ca, by every name it has", async () => {
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["localhost", "::1"], new Date());
  const ca = await dir.put("ca.pem", authority.cert);
  await using server = await startEverywhere(...await own(dir, "server", leaf));
  for (const hostname of ["::1", "localhost"]) {
    const { code, out, err } = await hello(server, hostname, "--ca", ca);
    assertEquals([code, out, err], [0, "hello", ""]);
  }
});

Deno.test("a self-signed certificate is trusted when it is itself passed with --ca", async () => {
  await using dir = await folder();
  const pair = await selfSigned();
  await using server = await startServer(...await own(dir, "self", pair));
  const { code, out, err } = await hello(server, "::1", "--ca", `${dir.path}/self.pem`);
  assertEquals([code, out, err], [0, "hello", ""]);
});

Deno.test("a server whose certificate is not trusted: exit code 4 and what to do", async () => {
  await using dir = await folder();
  const [authority, other] = await Promise.all([
    selfSigned({ authority: true, name: "CN=authority" }),
    selfSigned({ authority: true, name: "CN=other" }),
  ]);
  const leaf = await selfSigned({ issuer: authority });
  await using server = await startServer(...await own(dir, "server", leaf));
  const ca = await dir.put("other.pem", other.cert);
  for (const trust of [[], ["--ca", ca]]) {
    const { code, out, err } = await hello(server, "::1", ...trust);
    assertEquals([code, out], [4, ""]);
    assertEquals(
      err,
      `echo: cannot connect to ::1 port ${server.port}: ` +
        "its certificate is not signed by an authority known here; " +
        "pass the authority with --ca FILE; an echo server that made its own keeps it in ca.pem, and any " +
        "other has to send its intermediate certificates",
    );
  }
  // It has lost nothing by that.
  const { code } = await hello(server, "::1", "--ca", await dir.put("ca.pem", authority.cert));
  assertEquals(code, 0);
});

Deno.test("a server whose certificate is for another name: exit code 4 and the name", async () => {
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const ca = await dir.put("ca.pem", authority.cert);
  const leaf = await makeLeaf(authority, ["echo.example", "192.0.2.7"], new Date());
  await using server = await startEverywhere(...await own(dir, "server", leaf));
  for (const hostname of ["::1", "localhost"]) {
    const { code, out, err } = await hello(server, hostname, "--ca", ca);
    assertEquals([code, out], [4, ""]);
    assertMatch(
      err,
      /^echo: cannot connect to .*: its certificate is for another name.*echo\.example/,
    );
    assert(
      err.endsWith("; connect by a name that it has, or say with --server-name which to expect"),
      err,
    );
    assert(!err.includes("\n"), err);
  }
});

Deno.test("certificates in PEM with CRLF, a byte order mark, and text around them serve", async () => {
  await using dir = await folder();
  const { cert, key } = await selfSigned();
  const crlf = (text: string) => text.replaceAll("\n", "\r\n");
  for (
    const spoil of [crlf, (text: string) => `\ufeff${crlf(text)}`, (text: string) => `a\n${text}b`]
  ) {
    await using server = await startServer(
      ...await own(dir, "odd", {
        cert: spoil(cert),
        key: spoil(key),
      }),
    );
    const ca = await dir.put("ca", spoil(cert));
    const { code, out, err } = await hello(server, "::1", "--ca", ca);
    assertEquals([code, out, err], [0, "hello", ""]);
  }
});

Deno.test("an authority in between: the server sends it, or it is missed", async () => {
  await using dir = await folder();
  const root = await selfSigned({ authority: true, name: "CN=root" });
  const between = await selfSigned({ authority: true, name: "CN=between", issuer: root });
  const leaf = await selfSigned({ issuer: between });
  const ca = await dir.put("root.pem", root.cert);
  for (const more of [between.cert, root.cert + between.cert]) { // the order of the rest is free
    const whole = { cert: leaf.cert + more, key: leaf.key };
    await using server = await startServer(...await own(dir, "whole", whole));
    const { code, out } = await hello(server, "::1", "--ca", ca);
    assertEquals([code, out], [0, "hello"]);
  }
  await using server = await startServer(...await own(dir, "alone", leaf));
  const { code, err } = await hello(server, "::1", "--ca", ca);
  assertEquals(code, 4);
  assertMatch(
    err,
    /^echo: .* not signed by an authority known here; .* intermediate certificates$/,
  );
});

const ANEW = "create a new certificate for the server (docs/trust.md has a command)";
const DAMAGED: [string, string] = [
  `its certificate is damaged; ${ANEW}`,
  `it is damaged, or of a kind that is not known here; ${ANEW}`,
];

/**
 * What a server shows, what is said of it, and what is said of it to who has its pin, where that is
 * something else: then it is not tried; null: a pin does not need what is missing.
 */
const SHOWN: [given: string, shown: Oddity | Uint8Array, said: string, pinned?: string | null][] = [
  [
    "has expired",
    { from: -20, to: -3 },
    "its certificate has expired; renew it; an echo server renews its own when it starts",
    `it has expired on ${day(-3)}; renew it`,
  ],
  [
    "is not valid yet",
    { from: 3, to: 20 },
    "its certificate is not valid yet; check the clocks",
    `it is not valid before ${day(3)}; check this machine's clock`,
  ],
  [
    "is one of an authority",
    { authority: true },
    "its certificate is that of an authority; give the server a certificate of its own, signed by that authority",
    `it is that of an authority, not of a server; ${ANEW}`,
  ],
  [
    "has no name",
    { names: null },
    `its certificate is for no name at all; ${ANEW}, with a subjectAltName that has the server's names`,
    null,
  ],
  [
    "is for clients",
    { more: [FOR_CLIENTS] },
    `its certificate is not for servers; ${ANEW}, with the extendedKeyUsage serverAuth, or none`,
  ],
  [
    "is critical",
    { more: [CRITICAL] },
    `its certificate has a critical extension that is not known here; ${ANEW}, without it`,
  ],
  [
    "is signed with SHA-1",
    { kind: "SHA-1" },
    `its certificate is signed in a way that is not safe, or not known here; ${ANEW}, signed with SHA-256`,
  ],
  [
    "is another's, and the key is not",
    {},
    "its certificate's signature is wrong, or its key is too short; " +
    `${ANEW}, with a key on the curve P-256; if it has one, another host may be in between`,
  ],
  ["is garbage", Uint8Array.of(1, 2, 3), ...DAMAGED],
  ["is cut", der(ENCRYPTED).slice(0, 100), ...DAMAGED],
  ["is empty", new Uint8Array(), ...DAMAGED],
];

Deno.test("each certificate that a client refuses: exit code 4, one line, cause and cure", async () => {
  await using dir = await folder();
  await Promise.all(SHOWN.map(async ([given, shown, said, pinned]) => {
    const cert = shown instanceof Uint8Array ? null : (await selfSigned(shown)).cert;
    const bytes = shown instanceof Uint8Array ? shown : der(cert!);
    await using server = new Impostor(showing(bytes));
    // With its own key as the authority nothing else is wrong; but that has the same dates.
    const isNow = cert !== null && (shown as Oddity).from === undefined;
    const ca = isNow ? ["--ca", await dir.put(given, anchorFor(bytes))] : [];
    const pin = cert === null ? `SHA256:${"A".repeat(43)}` : fingerprintOf(bytes);
    const named = `::1 port ${server.port}`;
    const lines: [string, string[]][] = [
      [`echo: cannot connect to ${named}: ${said}`, ca],
      [
        pinned === undefined
          ? `echo: cannot connect to ${named}: ${said}`
          : `echo: cannot trust ${named} by its key: its certificate does not allow it: ${pinned}`,
        ["--pin", pin],
      ],
    ];
    if (pinned === null) lines.pop();
    for (const [line, options] of lines) {
      const env = { XDG_DATA_HOME: dir.path };
      const args = ["::1", `${server.port}`, "hello", ...options];
      const { code, out, err } = await runClient(args, "", { env });
      assertEquals([given, code, out, err], [given, 4, "", line]);
    }
  }));
  assertEquals(await Deno.stat(`${dir.path}/echo`).catch(() => null), null, "nothing is kept");
});

Deno.test("bench does not trust what the client does not", async () => {
  const [given, shown, said] = SHOWN[0]!;
  await using server = new Impostor(showing(der((await selfSigned(shown as Oddity)).cert)));
  const { code, out, err } = await runProgram(["bench", "::1", `${server.port}`]);
  assertEquals([given, code, out], [given, 4, ""]);
  assertEquals(err, `echo: cannot connect to ::1 port ${server.port}: ${said}`);
});

Deno.test("a server that has no certificate for us: exit code 3, and which one it needs", async () => {
  await using server = new Impostor(refusing(HANDSHAKE_FAILURE));
  const { code, out, err } = await runClient(["::1", `${server.port}`, "hello"]);
  assertEquals([code, out], [3, ""]);
  assertEquals(
    err,
    `echo: cannot connect to ::1 port ${server.port}: it found no cipher and certificate that ` +
      "both sides take; give the server a certificate with a key on the curve P-256, and let it " +
      "want none of the client",
  );
});

Deno.test("a wrong --server-name is told by that name", async () => {
  const { code, err } = await runClient(["::1", "1", "hello", "--server-name", "bad name"]);
  assertEquals(code, 2);
  assertMatch(err, /^echo: cannot use --server-name "bad name": it is not a host name; /);
});

const hasOpenssl = hasTool("openssl");

Deno.test({
  name:
    "a server of TLS 1.3 alone can be pinned, though it does not show its certificate in the clear" +
    (hasOpenssl ? "" : " (skipped: openssl is missing)"),
  ignore: !hasOpenssl,
  async fn() {
    await using dir = await folder();
    const pair = await selfSigned();
    const [cert, key] = [await dir.put("cert", pair.cert), await dir.put("key", pair.key)];
    await using server = await startOpenssl("-tls1_3", "-cert", cert, "-key", key, "-rev");
    const raw = ["--dialect", "raw"]; // it answers in reverse: what counts is the handshake
    const args = ["::1", `${server.port}`, "hello", ...raw];
    const env = { XDG_DATA_HOME: dir.path };
    const unknown = await runClient(args, "", { env });
    const fingerprint = fingerprintOf(der(pair.cert));
    assertEquals(unknown.code, 4);
    assertStringIncludes(unknown.err, `--pin ${fingerprint}`);
    const pinned = await runClient([...args, "--pin", fingerprint], "", { env });
    assertEquals(pinned.code, 5);
    assertStringIncludes(pinned.err, '"olleh\\n", not "hello\\n"');
  },
});

Deno.test({
  name: "the openssl line that a refused certificate brings makes a good one (needs openssl)",
  ignore: !hasOpenssl,
  async fn() {
    const text = await Deno.readTextFile("docs/trust.md");
    assertStringIncludes(text, `\n${OPENSSL_LINE}\n`);
    await using dir = await folder();
    const args = ["-c", `cd "${dir.path}" && ${OPENSSL_LINE}`];
    const made = await new Deno.Command("sh", { args, stderr: "null" }).output();
    assertEquals(made.code, 0);
    const [cert, key] = [`${dir.path}/cert.pem`, `${dir.path}/key.pem`];
    await using server = await startServer("--cert", cert, "--key", key);
    const { code, out } = await hello(server, "::1", "--ca", cert);
    assertEquals([code, out], [0, "hello"]);
  },
});
