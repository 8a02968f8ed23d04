/** The files of --cert, --key and --ca that will not do: exit code 2, and one line each. */
import { OPENSSL_LINE } from "../../lib/certs/pem.ts";
import { assertEquals } from "../support/assert.ts";
import { printedCall, Program, runClient, runProgram } from "../support/echo.ts";
import {
  CRITICAL,
  damaged,
  day,
  der,
  ENCRYPTED,
  folder,
  selfSigned,
} from "../support/odd_certs.ts";
import { hasTool } from "../support/tools.ts";

/** Has a program run without the right of root to read everything; null where it cannot be had. */
const withoutPrivilege: string[] | null = Deno.uid() !== 0
  ? []
  : hasTool("setpriv")
  ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
  : null;

const CERTIFICATE_BLOCK = "it should have a block that begins with -----BEGIN CERTIFICATE-----";
const KEY_BLOCK = "it should have a block that begins with -----BEGIN PRIVATE KEY-----";

/** Starts a server that is not to start, and returns what it says. */
async function refusal(cert: string, key: string): Promise<{ code: number; err: string }> {
  const pair = ["--cert", cert, "--key", key];
  await using server = new Program(["server", "::1", "0", "--no-log", ...pair]);
  assertEquals(await server.out.next(), null, "it has started");
  return { code: await server.code, err: await server.err.text };
}

Deno.test("each bad --cert or --key: exit code 2, and a line that says what is wrong", async () => {
  await using dir = await folder();
  const [good, other, expired, early, authority, critical, short] = await Promise.all([
    selfSigned(),
    selfSigned(),
    selfSigned({ from: -20, to: -3 }),
    selfSigned({ from: 3, to: 20 }),
    selfSigned({ authority: true }),
    selfSigned({ more: [CRITICAL] }),
    selfSigned({ kind: "RSA-1024" }),
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
    disordered: authority.cert + good.cert,
    critical: critical.cert,
    "critical-key": critical.key,
    short: short.cert,
    "short-key": short.key,
    empty: "",
    der: der(good.cert),
    "key-der": der(good.key),
  };
  for (const [name, content] of Object.entries(texts)) await dir.put(name, content);

  await Deno.mkdir(`${dir.path}/folder`);

  type File = keyof typeof texts | "nosuch" | "folder";
  const cases: [cert: File, key: File, line: string][] = [
    ["nosuch", "key", 'the certificate "nosuch": there is no such file; check the path'],
    ["cert", "nosuch", 'the key "nosuch": there is no such file; check the path'],
    [
      "garbage",
      "key",
      `the certificate "garbage": there is no PEM certificate in it; ${CERTIFICATE_BLOCK}`,
    ],
    ["cert", "garbage", `the key "garbage": there is no PEM private key in it; ${KEY_BLOCK}`],
    ["key", "cert", 'the certificate "key": it contains a key; --cert and --key may be swapped'],
    [
      "broken",
      "key",
      'the certificate "broken": its certificate is damaged; copy it again, or create a new one',
    ],
    ["cert", "cert", 'the key "cert": it contains a certificate; --cert and --key may be swapped'],
    [
      "cert",
      "other",
      'the key "other": it is not the key of the certificate; use the key that "cert" was made with',
    ],
    [
      "cert",
      "encrypted",
      'the key "encrypted": it is encrypted; decrypt it, since there is no prompt for its password: openssl pkey -in "encrypted"',
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
      `the certificate "authority": it is that of an authority, not of a server; create a new one, as with: ${OPENSSL_LINE}`,
    ],
    [
      "disordered",
      "key",
      'the certificate "disordered": its certificates are in the wrong order; put the server\'s certificate before those of the authorities',
    ],
    [
      "critical",
      "critical-key",
      "the certificate: its certificate has a critical extension that is not known here; create a new certificate for the server (docs/trust.md has a command), without it",
    ],
    [
      "short",
      "short-key",
      'the key "short-key": TLS does not accept a RSA key of 1024 bits; create one on the curve P-256, or of RSA with 2048 to 8192 bits, and a certificate for it',
    ],
    [
      "empty",
      "key",
      `the certificate "empty": there is no PEM certificate in it; ${CERTIFICATE_BLOCK}`,
    ],
    ["cert", "empty", `the key "empty": there is no PEM private key in it; ${KEY_BLOCK}`],
    [
      "der",
      "key",
      'the certificate "der": it is DER, and not PEM; convert it: openssl x509 -inform DER -in "der" (pkcs12 for .p12, .pfx)',
    ],
    [
      "cert",
      "key-der",
      'the key "key-der": it is DER, and not PEM; convert it: openssl pkey -inform DER -in "key-der" (pkcs12 for .p12, .pfx)',
    ],
    ["folder", "key", 'the certificate "folder": is a directory; name a PEM file'],
    ["cert", "folder", 'the key "folder": is a directory; name a PEM file'],
  ];
  await Promise.all(cases.map(async ([cert, key, wanted]) => {
    const { code, err } = await refusal(`${dir.path}/${cert}`, `${dir.path}/${key}`);
    const [line, ...usage] = err.replaceAll(`${dir.path}/`, "").split("\n");
    assertEquals(line, `echo: cannot use ${wanted}`);
    assertEquals(usage, [
      `usage: echo server [HOST] PORT [options], see ${printedCall("server")} --help`,
    ]);
    assertEquals(code, 2);
  }));
});

Deno.test("a bad --ca: exit code 2 before anything is sent", async () => {
  await using dir = await folder();
  const garbage = await dir.put("garbage", "this is no PEM\n");
  const expired = await dir.put("expired", (await selfSigned({ from: -20, to: -3 })).cert);
  const { cert, key } = await selfSigned();
  const keyFile = await dir.put("key", key);
  const inDer = await dir.put("der", der(cert));
  const cases: [string, string][] = [
    [`${dir.path}/nosuch`, "there is no such file; check the path"],
    [dir.path, "is a directory; name a PEM file"],
    [keyFile, `there is no PEM certificate in it, only a PRIVATE KEY; ${CERTIFICATE_BLOCK}`],
    [
      inDer,
      `it is DER, and not PEM; convert it: openssl x509 -inform DER -in "${inDer}" (pkcs12 for .p12, .pfx)`,
    ],
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
      `usage: echo client HOST PORT [MESSAGE...] [options], see ${printedCall("client")} --help`,
    ]);
  }));
});

Deno.test({
  name: withoutPrivilege === null
    ? "a file that may not be read (skipped: there is no setpriv)"
    : "a file that may not be read: exit code 2, and whose business it is",
  ignore: withoutPrivilege === null,
  async fn() {
    await using dir = await folder();
    const { cert, key } = await selfSigned();
    const [readable, locked] = [await dir.put("cert", cert), await dir.put("locked", key)];
    await Deno.chmod(locked, 0);
    const how = { within: withoutPrivilege! };
    const why = "it may not be read; check its owner and its mode";
    const client = ["client", "::1", "1", "hello", "--ca", locked];
    const server = ["server", "::1", "0", "--no-log"];
    for (
      const [what, args] of [
        ["certificate", [...server, "--cert", locked, "--key", readable]],
        ["key", [...server, "--cert", readable, "--key", locked]],
        ["authority", client],
      ] as const
    ) {
      const { code, out, err } = await runProgram([...args], "", how);
      assertEquals([code, out], [2, ""]);
      assertEquals(err.split("\n")[0], `echo: cannot use the ${what} "${locked}": ${why}`);
    }
  },
});
