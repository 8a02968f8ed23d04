/** `echo check --suite tls` on right servers, and on one for each mistake: it is named, and nothing else. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf, type Identity } from "../../lib/certs/pem.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";
import { choosing, Impostor } from "../support/impostor.ts";
import { day, type Folder, folder, type Oddity, selfSigned } from "../support/odd_certs.ts";
import { hasTool, startOpenssl } from "../support/tools.ts";
import { startBeast } from "../support/zoo.ts";

interface Case {
  id: string;
  status: string;
  saw: string;
  diagnosis: string | null;
}

/** The exit code, what failed with which mistake, and what each case saw. */
interface Verdict {
  code: number;
  failed: [id: string, diagnosis: string | null][];
  saw: Record<string, string>;
}

async function check(port: number, ...options: string[]): Promise<Verdict> {
  const args = ["check", "::1", `${port}`, "--suite", "tls", "--json", ...options];
  const { code, out, err } = await runProgram(args);
  assertEquals(err, "");
  const { cases } = JSON.parse(out) as { cases: Case[] };
  const failed = cases.filter(({ status }) => status === "failed");
  return {
    code,
    failed: failed.map(({ id, diagnosis }) => [id, diagnosis]),
    saw: Object.fromEntries(cases.map(({ id, saw }) => [id, saw])),
  };
}

/** Asserts that exactly this case has failed, for this mistake; or none, for null. */
function assertMistake(name: string, { code, failed, saw }: Verdict, wanted: Mistake): void {
  const ids = failed.map(([id]) => id);
  const expected = wanted === null ? [name, 0] : [name, 6, wanted[0]];
  assertEquals([name, code, ...ids], expected, JSON.stringify({ failed, saw }));
  if (wanted !== null) assertMatch(`${failed[0]![1]}`, wanted[1]);
}

type Mistake = [id: string, diagnosis: RegExp] | null;

/** The files of a pair, as `--cert` and `--key` take them. */
async function filesOf(dir: Folder, pair: Identity): Promise<[cert: string, key: string]> {
  const name = crypto.randomUUID();
  return [await dir.put(`${name}.pem`, pair.cert), await dir.put(`${name}-key.pem`, pair.key)];
}

function pinOf({ cert }: Identity): string {
  return fingerprintOf(derOf(cert));
}

const hasPython = hasTool("python3"), hasOpenssl = hasTool("openssl");
const needsPython = hasPython ? "" : " (skipped: python3 is missing)";
const needsOpenssl = hasOpenssl ? "" : " (skipped: openssl is missing)";

Deno.test("check tls: our own server passes, with its own authority, --ca and --pin", async () => {
  await using dir = await folder();
  await using own = await startServer();
  const verdict = await check(own.port);
  assertMistake("own", verdict, null);
  assertEquals(
    ["tls-versions", "tls-alpn", "tls-alpn-unknown", "tls-plain-text"].map((id) => verdict.saw[id]),
    [
      "it takes TLS 1.3 and TLS 1.2",
      "it chose echo/1",
      "it refused with no_application_protocol",
      "it answered with an alert",
    ],
  );
  const pair = await selfSigned();
  const [cert, key] = await filesOf(dir, pair);
  await using given = await startServer("--cert", cert, "--key", key);
  assertMistake("--ca", await check(given.port, "--ca", cert), null);
  const pin = pinOf(pair);
  const pinned = await check(given.port, "--pin", pin);
  assertMistake("--pin", pinned, null);
  assertEquals(pinned.saw["tls-fingerprint"], `it is ${pin}`);
  const other = await check(given.port, "--pin", `SHA256:${"A".repeat(43)}`);
  assertMistake("--pin", other, ["tls-fingerprint", /^has another key than --pin says$/]);
  const alone = await check(given.port);
  assertMistake("self-signed", alone, ["tls-trust", /^signs its certificate itself: .* --pin$/]);
});

/** A program of the zoo for each mistake; `tls_right.py` has none. */
const PROGRAMS: Record<string, Mistake> = {
  "tls_right.py": null,
  "tls_right.py TLSv1": ["tls-old-versions", /^takes versions of TLS that are not safe/],
  "right_threads.py": ["tls-answer", /^speaks no TLS: it echoes the handshake itself/],
  "greets_first.py": ["tls-answer", /^speaks no TLS on this port/],
  "tls_dies.py": ["tls-vanish", /^ends when a client leaves inside its handshake/],
  "tls_no_close_notify.py": ["tls-close-notify", /^closes without close_notify/],
  "tls_or_plain.py": ["tls-plain-text", /^echoes plain text on the port of TLS/],
  "tls_stops_at_text.py": ["tls-plain-text", /^ends at bytes that are no TLS/],
  "tls_one_handshake.py": ["tls-slow-client", /^makes one handshake after the other/],
};

Deno.test({
  name: `check tls: each program of the zoo fails for its mistake and nothing else${needsPython}`,
  ignore: !hasPython,
  async fn() {
    await using dir = await folder();
    const [cert, key] = await filesOf(dir, await selfSigned());
    const verdicts = await Promise.all(
      Object.keys(PROGRAMS).map(async (program) => {
        const [file, ...args] = program.split(" ");
        await using beast = await startBeast(file!, cert, key, ...args);
        return await check(beast.port, "--ca", cert);
      }),
    );
    for (const [index, [file, mistake]] of Object.entries(PROGRAMS).entries()) {
      assertMistake(file, verdicts[index]!, mistake);
    }
  },
});

/** Certificates, whether an authority signs them that is passed with --ca, and their mistakes. */
const CERTIFICATES: Record<string, [Oddity, isSigned: boolean, Mistake]> = {
  "signed": [{}, true, null],
  "of RSA": [{ kind: "RSA" }, false, null],
  "of Ed25519": [{ kind: "Ed25519" }, false, null],
  "of RSA with 1024 bits": [{ kind: "RSA-1024" }, false, [
    "tls-key",
    /^has a key that is too short/,
  ]],
  "expired": [{ to: -1 }, true, ["tls-dates", /^has a certificate that has expired: renew it$/]],
  "not valid yet": [{ from: 1 }, true, ["tls-dates", /^has a certificate that is not valid yet/]],
  "ends soon": [{ from: -30, to: 3 }, true, ["tls-dates", /^has a certificate that ends soon/]],
  "short-lived": [{ from: -3, to: 4 }, true, null],
  "an authority": [{ authority: true }, false, ["tls-trust", /^uses the certificate of an auth/]],
};

Deno.test({
  name: `check tls: each bad certificate fails for its mistake and nothing else${needsPython}`,
  ignore: !hasPython,
  async fn() {
    await using dir = await folder();
    const authority = await selfSigned({ authority: true, name: "CN=authority" });
    const ca = await dir.put("ca.pem", authority.cert);
    const verdicts = await Promise.all(
      Object.values(CERTIFICATES).map(async ([oddity, isSigned]) => {
        const pair = await selfSigned(isSigned ? { ...oddity, issuer: authority } : oddity);
        const [cert, key] = await filesOf(dir, pair);
        await using beast = await startBeast("tls_right.py", cert, key);
        return await check(beast.port, "--ca", isSigned ? ca : cert);
      }),
    );
    for (const [index, [name, [, , mistake]]] of Object.entries(CERTIFICATES).entries()) {
      assertMistake(name, verdicts[index]!, mistake);
    }
    const [signed, , , weak, expired] = verdicts;
    assertEquals(signed!.saw["tls-dates"], `it ends on ${day(10)}`);
    assertMatch(weak!.saw["tls-key"]!, /^it is a key of RSA with 1024 bits$/);
    assertEquals(expired!.saw["tls-dates"], `it ended on ${day(-1)}`);
  },
});

Deno.test({
  name:
    `check tls: a certificate for another name, for none, and of an unknown authority${needsPython}`,
  ignore: !hasPython,
  async fn() {
    await using dir = await folder();
    const authority = await makeAuthority(new Date());
    const ca = await dir.put("ca.pem", authority.cert);
    const leaf = await makeLeaf(authority, ["example.com", "127.0.0.1"], new Date());
    await using named = await startBeast("tls_right.py", ...await filesOf(dir, leaf));
    const misnamed = await check(named.port, "--ca", ca);
    assertMistake("name", misnamed, ["tls-name", /^has a certificate for another name/]);
    assertEquals(misnamed.saw["tls-name"], "it is for example.com, 127.0.0.1, and not for ::1");
    assertMistake("--pin", await check(named.port, "--pin", pinOf(leaf)), null);
    const [nameless, nameKey] = await filesOf(dir, await selfSigned({ names: null }));
    await using other = await startBeast("tls_right.py", nameless, nameKey);
    const verdict = await check(other.port, "--ca", nameless);
    assertMistake("no name", verdict, ["tls-name", /^has a certificate without a subjectAltName/]);
    const issuer = await selfSigned({ authority: true, name: "CN=authority" });
    const [unknown, unknownKey] = await filesOf(dir, await selfSigned({ issuer }));
    await using third = await startBeast("tls_right.py", unknown, unknownKey);
    assertMistake("unknown", await check(third.port), [
      "tls-trust",
      /^has a certificate of an unknown authority/,
    ]);
  },
});

/** Ways to start openssl's server, which serves one client at a time. */
const OPENSSL: [options: string[], versions: string, Mistake][] = [
  [["-tls1_2"], "it takes TLS 1.2", ["tls-slow-client", /^makes one handshake after/]],
  [["-tls1_3"], "it takes TLS 1.3", ["tls-slow-client", /^makes one handshake after/]],
  [
    ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
    "to TLS 1.3 it answered with the alert protocol_version, to TLS 1.2 it answered with the alert handshake_failure",
    ["tls-versions", /^takes neither TLS 1.3 nor TLS 1.2/],
  ],
];

Deno.test({
  name:
    `check tls: openssl's server, of one version each, serves one client at a time${needsOpenssl}`,
  ignore: !hasOpenssl,
  async fn() {
    await using dir = await folder();
    const [cert, key] = await filesOf(dir, await selfSigned());
    const verdicts = await Promise.all(OPENSSL.map(async ([options]) => {
      await using server = await startOpenssl("-cert", cert, "-key", key, ...options);
      return await check(server.port, "--ca", cert);
    }));
    for (const [index, [options, versions, mistake]] of OPENSSL.entries()) {
      assertMistake(options.join(" "), verdicts[index]!, mistake);
      assertEquals(verdicts[index]!.saw["tls-versions"], versions);
    }
  },
});

Deno.test("check tls: a server that chooses an ALPN protocol that was not offered", async () => {
  const { cert } = await selfSigned();
  await using impostor = new Impostor(choosing("h2", derOf(cert)));
  const verdict = await check(impostor.port, "--only", "tls-alpn-unknown");
  assertMistake("h2", verdict, ["tls-alpn-unknown", /^chooses an ALPN protocol that was not off/]);
});

Deno.test("check tls: a port that is silent, one that is closed, and --plain", async () => {
  let closed: number;
  {
    using silent = Deno.listen({ hostname: "::1", port: 0 });
    closed = silent.addr.port;
    assertMistake("silent", await check(closed), ["tls-answer", /^does not answer in TLS/]);
  }
  const gone = await runProgram(["check", "::1", `${closed}`, "--suite", "tls"]);
  assertEquals(gone.code, 3);
  assertMatch(gone.err, /^echo: cannot check ::1 port \d+: .*connection refused/);
  const plain = await runProgram(["check", "::1", `${closed}`, "--suite", "tls", "--plain"]);
  assertEquals([plain.code, plain.err.split("\n")[0]], [
    2,
    "echo: cannot run the suite tls with --plain: without TLS there is nothing to judge",
  ]);
});
