/** `echo check --suite path` through a proxy that does one harm: the fitting case fails, and no other. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";
import { dropCr, dropNul, HarmfulProxy, type Harms, lowerHttp } from "../support/harmful_proxy.ts";
import { type IdentityFiles, identityFiles } from "../support/identity.ts";
import { selfSigned } from "../support/odd_certs.ts";
import { testIdentity } from "../support/pairs.ts";

interface Found {
  id: string;
  status: string;
  saw: string;
  diagnosis: string | null;
}

interface Seen {
  code: number;
  err: string;
  cases: Found[];
  /** The cases of each status. */
  ids(status: string): string[];
}

async function check(port: number, ...options: string[]): Promise<Seen> {
  const args = ["check", "::1", `${port}`, "--suite", "path", "--json", ...options];
  const { code, out, err } = await runProgram(args);
  const cases: Found[] = out === "" ? [] : JSON.parse(out).cases;
  const ids = (wanted: string) =>
    cases.filter(({ status }) => status === wanted).map(({ id }) => id);
  return { code, err, cases, ids };
}

const PLAIN = ["--plain", "--idle", "500ms"];

/** Long enough for a busy machine: other cases are never silent for this time. */
const IDLE_MS = 2_000;

/** What each harm is found by. Without TLS, so that a reset is told from an end. */
const HARMS: Record<string, [harms: Harms, id: string, diagnosis: RegExp][]> = {
  "messages that are cut, and ends that are": [
    [
      { maxMessage: 100_000 },
      "path-size",
      /^stops at messages of 128KiB: the largest that passes has 64KiB$/,
    ],
    [
      { atEnd: "closes", delay: () => 10 },
      "path-half-close",
      /^closes both directions when the client ends its own: what is on its way back is lost$/,
    ],
    [
      { atEnd: "holds" },
      "path-half-close",
      /^does not pass the end of one direction on: connections stay open$/,
    ],
  ],
  "idle connections that are ended, reset and forgotten": [
    [{ idle: { after: IDLE_MS, by: "end" } }, "path-idle", /^ends a silent connection after \d/],
    [{ idle: { after: IDLE_MS, by: "reset" } }, "path-idle", /^ends a silent connection after \d/],
    [
      { idle: { after: IDLE_MS, by: "silence" } },
      "path-idle",
      /^forgets a silent connection between \d\.\d s and \d\.\d s .*: the next message is lost, and/,
    ],
  ],
  "bytes that are changed": [
    [{ change: dropCr }, "path-bytes", /^turns CR LF into LF$/],
    [{ change: dropNul }, "path-bytes", /^removes NUL bytes$/],
    [{ change: lowerHttp }, "path-bytes", /^takes the bytes for HTTP, /],
  ],
};

for (const [name, rows] of Object.entries(HARMS)) {
  Deno.test(`check path: ${name}: the fitting case fails and nothing else`, async () => {
    await using server = await startServer("--plain");
    const seen = await Promise.all(rows.map(async ([harms]) => {
      await using proxy = new HarmfulProxy(server.port, harms);
      const idle = harms.idle === undefined ? "500ms" : `${1.5 * IDLE_MS}ms`;
      return await check(proxy.port, "--plain", "--idle", idle);
    }));
    for (const [index, [{ idle }, id, diagnosis]] of rows.entries()) {
      const { err, code, ids, cases } = seen[index]!;
      assertEquals([err, code, ...ids("failed")], ["", 6, id]);
      assertEquals(ids("skipped"), ["path-key", "path-alpn"]);
      const { diagnosis: named, saw } = cases.find((it) => it.id === id)!;
      assertMatch(`${named}`, diagnosis);
      if (idle?.by === "reset") assertMatch(saw, /^a reset or .* came after \d/);
      if (idle?.by === "end") assertMatch(saw, /^the end came after \d/);
    }
  });
}

Deno.test("check path: messages that are cut at 1 KiB leave nothing to measure", async () => {
  await using server = await startServer("--plain");
  await using proxy = new HarmfulProxy(server.port, { maxMessage: 1_000 });
  const seen = await check(proxy.port, ...PLAIN);
  assertEquals([seen.err, seen.code, seen.ids("failed")], ["", 6, ["path-size"]]);
  assertEquals(seen.ids("skipped"), ["path-key", "path-alpn", "path-rate"]);
  const { diagnosis } = seen.cases.find(({ id }) => id === "path-size")!;
  assertEquals(diagnosis, "stops at messages of 1KiB");
});

Deno.test("check path: without a harm, and with delay and jitter, all cases pass", async () => {
  await using server = await startServer("--plain");
  let count = 0;
  const delay = () => 5 + count++ % 5;
  const all = await Promise.all([{}, { delay }].map(async (harms) => {
    await using proxy = new HarmfulProxy(server.port, harms);
    return await check(proxy.port, ...PLAIN);
  }));
  for (const [index, seen] of all.entries()) {
    assertEquals([seen.err, seen.code, seen.ids("failed")], ["", 0, []]);
    const saw = (id: string) => seen.cases.find((it) => it.id === id)!.saw;
    assertMatch(saw("path-size"), /^the largest, 16MiB, came back$/);
    const [, median] = /^median (\S+) ms, from \S+ ms to \S+ ms, jitter /.exec(
      saw("path-latency"),
    )!;
    if (index === 1) assert(Number(median) >= 10, median);
    assertMatch(saw("path-rate"), /^1KiB \S+ MB\/s, 64KiB \S+ MB\/s, 1MiB \S+ MB\/s, in each /);
  }
});

/** Some cases, where only the way to the other end is of interest. */
const SOME = ["path-key", "path-hello", "path-bytes", "path-alpn", "path-half-close"];
const ONLY = SOME.flatMap((id) => ["--only", id]);

async function startTls(files: IdentityFiles) {
  const { cert } = await testIdentity();
  const server = await startServer(...files.options);
  return Object.assign(server, { pin: fingerprintOf(derOf(cert)) });
}

Deno.test("check path: TLS that reaches the server passes, with its key and protocol", async () => {
  await using files = await identityFiles();
  await using server = await startTls(files);
  await using proxy = new HarmfulProxy(server.port);
  const pinned = await check(proxy.port, "--pin", server.pin, "--idle", "500ms");
  assertEquals([pinned.err, pinned.code, pinned.ids("skipped")], ["", 0, []]);
  const signed = await check(proxy.port, "--ca", files.ca, "--dialect", "frames", ...ONLY);
  assertEquals([signed.err, signed.code, signed.ids("skipped")], ["", 0, ["path-key"]]);
});

Deno.test("check path: TLS that ends in between counts once, and the others judge the rest", async () => {
  await using files = await identityFiles();
  await using server = await startTls(files);
  const { authority } = await testIdentity();
  const now = new Date();
  const other = await makeLeaf(await makeAuthority(now), ["localhost", "::1"], now);
  await using proxy = new HarmfulProxy(server.port, {
    endsTls: { ...other, authority },
    change: dropNul,
  });
  const seen = await check(proxy.port, "--pin", server.pin, ...ONLY);
  assertEquals([seen.err, seen.code], ["", 6]);
  assertEquals(seen.ids("failed"), ["path-key", "path-bytes"]);
  assertEquals(seen.ids("skipped"), ["path-alpn"]);
  const [key, , bytes, alpn] = seen.cases;
  assertMatch(`${key!.diagnosis}`, /^ends TLS in between: /);
  assertEquals(bytes!.diagnosis, "removes NUL bytes");
  assertEquals(alpn!.saw, "it says nothing after the mistake in path-key");
});

Deno.test("check path: where the other key is not to be trusted either, only path-key fails", async () => {
  await using files = await identityFiles();
  await using server = await startTls(files);
  const { authority } = await testIdentity();
  const issuer = await selfSigned({ authority: true, name: "CN=another" });
  const other = await selfSigned({ issuer });
  await using proxy = new HarmfulProxy(server.port, { endsTls: { ...other, authority } });
  const seen = await check(proxy.port, "--pin", server.pin, ...ONLY);
  assertEquals([seen.err, seen.code, seen.ids("failed")], ["", 6, ["path-key"]]);
  assertEquals(seen.ids("skipped"), SOME.slice(1));
});

Deno.test("check path: a protocol that is not agreed on fails only where the server speaks it", async () => {
  await using files = await identityFiles();
  await using server = await startTls(files);
  const { authority, cert, key } = await testIdentity();
  // It has the server's own certificate, as a load balancer has.
  await using proxy = new HarmfulProxy(server.port, { endsTls: { cert, key, authority } });
  const spoken = await check(proxy.port, "--ca", files.ca, "--dialect", "frames", ...ONLY);
  assertEquals([spoken.err, spoken.code, spoken.ids("failed")], ["", 6, ["path-alpn"]]);
  const { diagnosis } = spoken.cases.find(({ id }) => id === "path-alpn")!;
  assertMatch(`${diagnosis}`, /^does not bring ALPN to the server: it answers TLS itself$/);
  const unknown = await check(proxy.port, "--pin", server.pin, ...ONLY);
  assertEquals([unknown.err, unknown.code, unknown.ids("skipped")], ["", 0, ["path-alpn"]]);
});

Deno.test("check path: no server, and silence that is longer than the whole run", async () => {
  const { port } = closedPort();
  const gone = await check(port, "--plain");
  assertEquals(gone.code, 3);
  assertMatch(gone.err, /^echo: cannot check ::1 port \d+: connection refused/);
  const long = await check(port, "--idle", "10m");
  assertEquals([long.code, long.err.split("\n")[0]], [
    2,
    "echo: cannot use --idle 10m: all of it may take 10m; give a longer --timeout too",
  ]);
});

function closedPort(): Deno.NetAddr {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  return listener.addr;
}
