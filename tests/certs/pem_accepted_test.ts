import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { readAuthorities, readIdentity } from "../../lib/certs/pem.ts";
import { Failure } from "../../lib/failure.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { folder, pkcs1, sec1, selfSigned, shakeHands } from "../support/odd_certs.ts";

for (const kind of ["P-256", "P-384", "RSA", "Ed25519"] as const) {
  Deno.test(`a pair of ${kind} is accepted, and its certificate with another key refused`, async () => {
    await using dir = await folder();
    const [pair, other] = await Promise.all([selfSigned({ kind }), selfSigned()]);
    const cert = await dir.put("cert", pair.cert);
    const identity = await readIdentity(cert, await dir.put("key", pair.key));
    await shakeHands(identity, "::1", [pair.cert]);
    // Of the same kind where that costs nothing; of two RSA keys only the numbers differ.
    const wrong = kind === "RSA" ? other : await selfSigned({ kind });
    const failure = await assertRejects(
      async () => readIdentity(cert, await dir.put("key", wrong.key)),
      Failure,
    );
    assert(failure.message.endsWith("it is not the key of the certificate"), failure.message);
  });
}

Deno.test("keys in PKCS#8, SEC1 and PKCS#1 are accepted", async () => {
  await using dir = await folder();
  const [ec, rsa] = await Promise.all([selfSigned(), selfSigned({ kind: "RSA" })]);
  const sec1Alone = sec1(ec.key).replace(
    /^-----BEGIN EC PARAMETERS[^]*END EC PARAMETERS-----\n/,
    "",
  );
  const keys: [string, string, string][] = [
    ["PKCS#8", ec.cert, ec.key],
    ["SEC1, after its parameters", ec.cert, sec1(ec.key)],
    ["SEC1", ec.cert, sec1Alone],
    ["PKCS#1", rsa.cert, pkcs1(rsa.key)],
  ];
  for (const [, cert, key] of keys) {
    const identity = await readIdentity(await dir.put("cert", cert), await dir.put("key", key));
    await shakeHands(identity, "::1", [cert]);
  }
});

Deno.test("PEM is accepted with text around it, CRLF, and more than one block", async () => {
  await using dir = await folder();
  const [{ cert, key }, rsa] = await Promise.all([selfSigned(), selfSigned({ kind: "RSA" })]);
  const texts = [
    `Bag Attributes\n  friendlyName: odd\n${cert}Key Attributes: -\n${key}the end\n`,
    (key + cert).replaceAll("\n", "\r\n"),
    (cert + key).trimEnd(),
    (cert + key).replaceAll("\n", "  \n"), // as a mail or a web page has it
    (cert + key).replaceAll("\n", "\t\r\n"),
    `\ufeff${cert}${key}`, // as Notepad saves it
    `${cert}${key}${pkcs1(rsa.key)}`, // Deno would take PKCS#1 before any other
  ];
  for (const text of texts) {
    const both = await dir.put("both", text);
    await shakeHands(await readIdentity(both, both), "::1", [cert]);
    await shakeHands({ cert, key }, "::1", await readAuthorities(both));
  }
});

Deno.test("a chain is kept whole, leaf first", async () => {
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["::1"], new Date());
  const cert = await dir.put("cert", leaf.cert + authority.cert);
  const identity = await readIdentity(cert, await dir.put("key", leaf.key));
  assertEquals(identity.cert, leaf.cert + authority.cert);
  await shakeHands(identity, "::1", [authority.cert]);
});

Deno.test("every authority of a bundle is read, apart from those that have expired", async () => {
  await using dir = await folder();
  const [one, other, expired] = await Promise.all([
    makeAuthority(new Date()),
    makeAuthority(new Date()),
    selfSigned({ authority: true, from: -20, to: -3 }),
  ]);
  const bundle = `# one\n${one.cert}# old\n${expired.cert}# other\n${other.cert}`;
  const authorities = await readAuthorities(await dir.put("ca", bundle));
  assertEquals(authorities, [one.cert.trim(), other.cert.trim()]);
  const leaf = await makeLeaf(other, ["::1"], new Date());
  await shakeHands(leaf, "::1", authorities);
});
