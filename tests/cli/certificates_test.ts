import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import type { Identity } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient, type Server, startServer } from "../support/echo.ts";
import {
  damaged,
  daysFromNow,
  ENCRYPTED,
  type Folder,
  folder,
  selfSigned,
} from "../support/odd_certs.ts";

const CERTIFICATE_BLOCK = "it should have a block that begins with -----BEGIN CERTIFICATE-----";
const KEY_BLOCK = "it should have a block that begins with -----BEGIN PRIVATE KEY-----";

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

/** Starts a server that is not to start, and returns what it says. */
async function refusal(cert: string, key: string): Promise<{ code: number; err: string }> {
  const pair = ["--cert", cert, "--key", key];
  await using server = new Program(["server", "::1", "0", "--no-log", ...pair]);
  assertEquals(await server.out.next(), null, "it has started");
  return { code: await server.code, err: await server.err.text };
}

function day(days: number): string {
  return daysFromNow(days).toISOString().slice(0, 10);
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
    makeAuthority(new Date()),
    makeAuthority(new Date()),
  ]);
  const leaf = await makeLeaf(authority, ["::1"], new Date());
  await using server = await startServer(...await own(dir, "server", leaf));
  const ca = await dir.put("other.pem", other.cert);
  for (const trust of [[], ["--ca", ca]]) {
    const { code, out, err } = await hello(server, "::1", ...trust);
    assertEquals([code, out], [4, ""]);
    assertEquals(
      err,
      `echo: cannot connect to ::1 port ${server.port}: ` +
        "its certificate is not signed by an authority known here; " +
        "pass the authority with --ca FILE; a server with a certificate of its own making keeps it in ca.pem",
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
      err.endsWith("; connect by a name that it has; echo client takes one with --server-name"),
      err,
    );
    assert(!err.includes("\n"), err);
  }
});

Deno.test("each bad --cert or --key: exit code 2, and a line that says what is wrong", async () => {
  await using dir = await folder();
  const [good, other, expired, early, authority] = await Promise.all([
    selfSigned(),
    selfSigned(),
    selfSigned({ from: -20, to: -3 }),
    selfSigned({ from: 3, to: 20 }),
    selfSigned({ authority: true }),
  ]);
  const texts = {
    cert: good.cert,
    key: good.key,
    garbage: "this is no PEM\n",
    broken: damaged(good.cert),
    other: other.key,
    encrypted: ENCRYPTED,
    expired: expired.cert,
    early: early.cert,
    authority: authority.cert,
  };
  for (const [name, text] of Object.entries(texts)) await dir.put(name, text);

  type File = keyof typeof texts | "nosuch";
  const cases: [cert: File, key: File, line: string][] = [
    ["nosuch", "key", 'the certificate "nosuch": there is no such file; check the path'],
    ["cert", "nosuch", 'the key "nosuch": there is no such file; check the path'],
    [
      "garbage",
      "key",
      `the certificate "garbage": there is no PEM certificate in it; ${CERTIFICATE_BLOCK}`,
    ],
    ["cert", "garbage", `the key "garbage": there is no PEM private key in it; ${KEY_BLOCK}`],
    ["key", "cert", 'the certificate "key": it has a key in it; --cert and --key may be swapped'],
    [
      "broken",
      "key",
      'the certificate "broken": its certificate is damaged; copy or make it again',
    ],
    ["cert", "cert", 'the key "cert": it has a certificate in it; --cert and --key may be swapped'],
    [
      "cert",
      "other",
      'the key "other": it is not the key of the certificate; use the key that "cert" was made with',
    ],
    [
      "cert",
      "encrypted",
      'the key "encrypted": it is encrypted; decrypt it: nobody could type its password here',
    ],
    ["expired", "key", `the certificate "expired": it has expired on ${day(-3)}; renew it`],
    [
      "early",
      "key",
      `the certificate "early": it is not valid before ${day(3)}; check this machine's clock`,
    ],
    [
      "authority",
      "key",
      'the certificate "authority": it is one of an authority, not of a server; use one that this authority has signed, or make it anew with CA:FALSE',
    ],
  ];
  await Promise.all(cases.map(async ([cert, key, wanted]) => {
    const { code, err } = await refusal(`${dir.path}/${cert}`, `${dir.path}/${key}`);
    const [line, ...usage] = err.replaceAll(`${dir.path}/`, "").split("\n");
    assertEquals(line, `echo: cannot use ${wanted}`);
    assertEquals(usage, ["usage: echo server [HOST] PORT [options], see echo server --help"]);
    assertEquals(code, 2);
  }));
});

Deno.test("a bad --ca: exit code 2 before anything is sent", async () => {
  await using dir = await folder();
  const garbage = await dir.put("garbage", "this is no PEM\n");
  const expired = await dir.put("expired", (await selfSigned({ from: -20, to: -3 })).cert);
  const cases: [string, string][] = [
    [`${dir.path}/nosuch`, "there is no such file; check the path"],
    [garbage, `there is no PEM certificate in it; ${CERTIFICATE_BLOCK}`],
    [expired, `it has expired on ${day(-3)}; renew it`],
  ];
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  await Promise.all(cases.map(async ([ca, why]) => {
    const port = `${listener.addr.port}`;
    const { code, out, err } = await runClient(["::1", port, "hello", "--ca", ca]);
    assertEquals([code, out], [2, ""]);
    assertEquals(err.split("\n"), [
      `echo: cannot use the authority "${ca}": ${why}`,
      "usage: echo client HOST PORT [MESSAGE...] [options], see echo client --help",
    ]);
  }));
});
