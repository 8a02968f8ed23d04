import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { OPENSSL_LINE, readAuthorities, readIdentity } from "../../lib/certs/pem.ts";
import { Failure } from "../../lib/failure.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import {
  damaged,
  day,
  der,
  ENCRYPTED,
  ENCRYPTED_TRADITIONALLY,
  folder,
  FOR_CLIENTS,
  P224,
  sec1,
  selfSigned,
  VERSION_1,
  x25519,
} from "../support/odd_certs.ts";

const GARBAGE = "this is no PEM\n";
const UNENDED = "-----BEGIN CERTIFICATE-----\nMIIB\n";
const CERTIFICATE_BLOCK = "it should have a block that begins with -----BEGIN CERTIFICATE-----";
const KEY_BLOCK = "it should have a block that begins with -----BEGIN PRIVATE KEY-----";
const SWAPPED = "--cert and --key may be swapped";
const AGAIN = "copy it again, or create a new one";
const DAMAGED_KEY = "its key is damaged, or of a kind that is not known here";
const ANOTHER_KEY =
  "create one on the curve P-256, or of RSA with 2048 to 8192 bits, and a certificate for it";
const NEW_ONE = `create a new one, as with: ${OPENSSL_LINE}`;

/** What is given, and the sentence and hint that it brings. */
interface Problem {
  given: string;
  /** The text of each file; null is no file. */
  files: { cert: string | null; key: string | null } | { ca: string | null };
  why: string;
  hint: string;
}

/** Everything that can be wrong, each once; the same problem in another shape is in `LIKE`. */
async function problems(): Promise<Problem[]> {
  const [good, other, expired, early, authority, short, noName, forClients, sha1] = await Promise
    .all([
      selfSigned(),
      selfSigned(),
      selfSigned({ from: -20, to: -3 }),
      selfSigned({ from: 3, to: 20 }),
      selfSigned({ authority: true }),
      selfSigned({ kind: "RSA-1024" }),
      selfSigned({ names: null }),
      selfSigned({ more: [FOR_CLIENTS] }),
      selfSigned({ kind: "SHA-1" }),
    ]);
  const leaf = await selfSigned({ issuer: await selfSigned({ authority: true, name: "CN=root" }) });
  const { cert, key } = good;
  const certs: [string, string | null, string, string][] = [
    ["missing", null, "there is no such file", "check the path"],
    ["not PEM", GARBAGE, "there is no PEM certificate in it", CERTIFICATE_BLOCK],
    ["a key", key, "it contains a key", SWAPPED],
    ["damaged", damaged(cert), "its certificate is damaged", AGAIN],
    ["expired", expired.cert, `it has expired on ${day(-3)}`, "renew it"],
    ["not yet valid", early.cert, `it is not valid before ${day(3)}`, "check this machine's clock"],
    [
      "of an authority",
      authority.cert,
      "it is that of an authority, not of a server",
      NEW_ONE,
    ],
    ["of no name", noName.cert, "it has no subjectAltName, so it is for no name", NEW_ONE],
    [
      "for clients",
      forClients.cert,
      "it is not for servers: its extendedKeyUsage is without serverAuth",
      NEW_ONE,
    ],
    ["signed with SHA-1", sha1.cert, "it is signed with MD5 or SHA-1, which are not safe", NEW_ONE],
    [
      "beside another's authority",
      leaf.cert + authority.cert,
      "none of its other certificates has signed the first",
      "put the one of the authority that signed the first behind it, or none",
    ],
  ];
  const keys: [string, string | null, string, string][] = [
    ["missing", null, "there is no such file", "check the path"],
    ["not PEM", GARBAGE, "there is no PEM private key in it", KEY_BLOCK],
    ["a certificate", cert, "it contains a certificate", SWAPPED],
    ["damaged", damaged(key), DAMAGED_KEY, "copy it again, or create one on the curve P-256"],
    [
      "of no use for TLS",
      await x25519(),
      "TLS does not accept a key of the kind x25519",
      ANOTHER_KEY,
    ],
    [
      "encrypted",
      ENCRYPTED,
      "it is encrypted",
      'decrypt it, since there is no prompt for its password: openssl pkey -in "key"',
    ],

    [
      "of another one",
      other.key,
      "it is not the key of the certificate",
      'use the key that "cert" was made with',
    ],
  ];
  const authorities: [string, string | null, string, string][] = [
    ["missing", null, "there is no such file", "check the path"],
    ["not PEM", GARBAGE, "there is no PEM certificate in it", CERTIFICATE_BLOCK],
    ["damaged", damaged(cert), "its certificate is damaged", AGAIN],
    ["expired", expired.cert, `it has expired on ${day(-3)}`, "renew it"],
    ["not yet valid", early.cert, `it is not valid before ${day(3)}`, "check this machine's clock"],
  ];
  return [
    ...certs.map(([given, text, why, hint]) => ({
      given: `a certificate that is ${given}`,
      files: { cert: text, key },
      why: `cannot use the certificate "cert": ${why}`,
      hint,
    })),
    ...keys.map(([given, text, why, hint]) => ({
      given: `a key that is ${given}`,
      files: { cert, key: text },
      why: `cannot use the key "key": ${why}`,
      hint,
    })),
    {
      given: "an RSA key that TLS does not take",
      files: short,
      why: 'cannot use the key "key": TLS does not accept a RSA key of 1024 bits',
      hint: ANOTHER_KEY,
    },
    ...authorities.map(([given, text, why, hint]) => ({
      given: `an authority that is ${given}`,
      files: { ca: text },
      why: `cannot use the authority "ca": ${why}`,
      hint,
    })),
  ];
}

/** Reads the files, which fails, and returns how, without the path of their folder. */
async function failureOf(
  files: Problem["files"],
): Promise<Pick<Failure, "kind" | "message" | "hint">> {
  await using dir = await folder();
  for (const [name, text] of Object.entries(files)) if (text !== null) await dir.put(name, text);
  const read = () =>
    "ca" in files
      ? readAuthorities(`${dir.path}/ca`)
      : readIdentity(`${dir.path}/cert`, `${dir.path}/key`);
  const { kind, message, hint } = await assertRejects(read, Failure);
  const short = (text = "") => text.replaceAll(`${dir.path}/`, "");
  return { kind, message: short(message), hint: short(hint) };
}

Deno.test("each problem with a certificate, key or authority has its sentence and hint", async () => {
  const said = new Map<string, string>();
  for (const { given, files, why, hint } of await problems()) {
    const failure = await failureOf(files);
    assertEquals(failure, { kind: "usage", message: why, hint }, given);
    const before = said.get(failure.message);
    assert(before === undefined, `${given} is told as ${before}`);
    said.set(failure.message, given);
  }
});

Deno.test("the same problem in another shape has the same sentence", async () => {
  const { cert, key } = await selfSigned();
  const cut = key.slice(0, key.indexOf("-----END"));
  const certificateIsDamaged = 'cannot use the certificate "cert": its certificate is damaged';
  const likes: [string, Problem["files"], string][] = [
    [
      "empty",
      { cert: "", key },
      'cannot use the certificate "cert": there is no PEM certificate in it',
    ],
    [
      "of version 1, which has no extensions",
      { cert: VERSION_1, key },
      'cannot use the certificate "cert": it has no subjectAltName, so it is for no name',
    ],
    ["cut short", { cert: cert.slice(0, -30), key }, certificateIsDamaged],
    ["not base64", { cert: cert.replace(/\n..../, "\n!!!!"), key }, certificateIsDamaged],
    [
      "a chain whose second one is damaged",
      { cert: cert + damaged(cert), key },
      certificateIsDamaged,
    ],
    ["a chain that is cut short", { cert: cert + UNENDED, key }, certificateIsDamaged],
    ["empty", { cert, key: "" }, 'cannot use the key "key": there is no PEM private key in it'],
    ["cut short", { cert, key: cut }, `cannot use the key "key": ${DAMAGED_KEY}`],
    [
      "old style",
      { cert, key: ENCRYPTED_TRADITIONALLY },
      'cannot use the key "key": it is encrypted',
    ],
    ["empty", { ca: "" }, 'cannot use the authority "ca": there is no PEM certificate in it'],
    [
      "a key",
      { ca: key },
      'cannot use the authority "ca": there is no PEM certificate in it, only a PRIVATE KEY',
    ],
    [
      "a request",
      { cert: cert.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"), key },
      'cannot use the certificate "cert": there is no PEM certificate in it, only a CERTIFICATE REQUEST',
    ],
    [
      "public",
      { cert, key: key.replaceAll("PRIVATE", "PUBLIC") },
      'cannot use the key "key": there is no PEM private key in it, only a PUBLIC KEY',
    ],
    ["cut short", { ca: UNENDED }, 'cannot use the authority "ca": its certificate is damaged'],
    [
      "one damaged",
      { ca: cert + damaged(cert) },
      'cannot use the authority "ca": its certificate is damaged',
    ],
  ];
  for (const [given, files, message] of likes) {
    const failure = await failureOf(files);
    assertEquals([failure.kind, failure.message], ["usage", message], given);
  }
});

Deno.test("what is no PEM, but nearly, is told by what it is, and how to convert it", async () => {
  await using dir = await folder();
  const utf16 = (text: string) =>
    new Uint8Array(Uint16Array.from(text, (it) => it.charCodeAt(0)).buffer);
  const inDer = "it is DER, and not PEM";
  for (const kind of ["P-256", "P-384", "RSA", "Ed25519"] as const) {
    const { cert, key } = await selfSigned({ kind });
    const [certFile, keyFile] = [await dir.put("cert", cert), await dir.put("key", key)];
    const odd = `${dir.path}/odd`;
    const asCertificate = () => readIdentity(odd, keyFile);
    const asKey = () => readIdentity(certFile, odd);
    const asAuthority = () => readAuthorities(odd);
    const cases: [Uint8Array, () => Promise<unknown>, string, string][] = [
      [der(cert), asCertificate, inDer, `openssl x509 -inform DER -in "${odd}"`],
      [der(cert), asAuthority, inDer, `openssl x509 -inform DER -in "${odd}"`],
      [der(key), asKey, inDer, `openssl pkey -inform DER -in "${odd}"`],
      [utf16(cert), asCertificate, "it is text in UTF-16", "save it as UTF-8"],
      [utf16(key), asKey, "it is text in UTF-16", "save it as UTF-8"],
    ];
    if (kind === "P-256") {
      // SEC1, the second block: openssl writes it where DER is asked for.
      const [, block] = sec1(key).split(/(?=-----BEGIN EC PRIVATE)/);
      cases.push([der(block!), asKey, inDer, `openssl pkey -inform DER -in "${odd}"`]);
    }
    for (const [bytes, read, why, hint] of cases) {
      await dir.put("odd", bytes);
      const failure = await assertRejects(read, Failure);
      assert(failure.message.endsWith(`: ${why}`), failure.message);
      assert(failure.hint?.includes(hint), failure.hint);
    }
  }
});

Deno.test("a chain in the wrong order is told from an authority used as a server's", async () => {
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["::1"], new Date());
  const { message, hint } = await failureOf({ cert: authority.cert + leaf.cert, key: leaf.key });
  assertEquals(
    [message, hint],
    [
      'cannot use the certificate "cert": its certificates are in the wrong order',
      "put the server's certificate before those of the authorities",
    ],
  );
});

Deno.test("a key on a curve that TLS does not take is told by the curve", async () => {
  const { cert } = await selfSigned();
  const { message, hint } = await failureOf({ cert, key: P224 });
  // Deno 2.6 has another name for it.
  assertMatch(
    message,
    /^cannot use the key "key": TLS does not accept a key on the curve (secp224r1|p224)$/,
  );
  assertEquals(hint, ANOTHER_KEY);
});

Deno.test("a directory, and a path below a file, are failures that name it", async () => {
  await using dir = await folder();
  const { cert, key } = await selfSigned();
  const [certFile, keyFile] = [await dir.put("cert", cert), await dir.put("key", key)];
  for (const [path, why] of [[dir.path, "is a directory"], [`${keyFile}/x`, "not a directory"]]) {
    const reads: [string, () => Promise<unknown>][] = [
      ["certificate", () => readIdentity(path!, keyFile)],
      ["key", () => readIdentity(certFile, path!)],
      ["authority", () => readAuthorities(path!)],
    ];
    for (const [what, read] of reads) {
      const failure = await assertRejects(read, Failure);
      assertEquals(failure.message, `cannot use the ${what} "${path}": ${why}`);
      assertEquals([failure.kind, failure.hint], ["usage", "name a PEM file"]);
    }
  }
});
