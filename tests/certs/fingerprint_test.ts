import "reflect-metadata"; // before x509, which injects with it
import * as x509 from "@peculiar/x509";
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { partsOf } from "../../lib/certs/der.ts";
import {
  anchorFor,
  fingerprintOf,
  isFingerprint,
  PINNED_NAME,
  pinningProblem,
} from "../../lib/certs/fingerprint.ts";
import { derOf, type Identity } from "../../lib/certs/pem.ts";
import { assert, assertEquals, assertNotEquals, assertRejects } from "../support/assert.ts";
import { selfSigned, shakeHands } from "../support/odd_certs.ts";

const KINDS = ["P-256", "P-384", "Ed25519", "RSA"] as const;
const NAMES = ["localhost", "::1"];
const { InvalidData } = Deno.errors;

async function ours(): Promise<Identity> {
  return await makeLeaf(await makeAuthority(new Date()), NAMES, new Date());
}

/** A certificate for somebody's key that another authority has signed, as anybody can make one. */
async function claiming(victim: string, issuer: string): Promise<string> {
  const signer = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=echo",
    issuer,
    publicKey: new x509.X509Certificate(victim).publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: PINNED_NAME }])],
  });
  return certificate.toString("pem");
}

for (const kind of KINDS) {
  Deno.test(`fingerprintOf() is SHA-256 over the public key, ${kind}`, async () => {
    const { cert } = await selfSigned({ kind });
    const key = new x509.X509Certificate(cert).publicKey.rawData;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
    const fingerprint = fingerprintOf(derOf(cert));
    assertEquals(fingerprint, `SHA256:${digest.toBase64({ omitPadding: true })}`);
    assert(isFingerprint(fingerprint));
  });

  Deno.test(`with the anchor of a self-signed certificate it passes, and no other, ${kind}`, async () => {
    const [one, other] = [await selfSigned({ kind }), await selfSigned({ kind })];
    const anchor = anchorFor(derOf(one.cert));
    assertEquals(await pinningProblem(derOf(one.cert)), null);
    await shakeHands(one, "localhost", [anchor]);
    await assertRejects(() => shakeHands(other, "localhost", [anchor]), InvalidData);
  });
}

Deno.test("a fingerprint stays when a certificate is renewed, and its anchor too", async () => {
  const authority = await makeAuthority(new Date());
  const [one, renewed] = [
    await makeLeaf(authority, NAMES, new Date()),
    await makeLeaf(authority, [...NAMES, "echo.example"], new Date()),
  ];
  assertNotEquals(one.cert, renewed.cert);
  assertEquals(fingerprintOf(derOf(one.cert)), fingerprintOf(derOf(renewed.cert)));
  assertEquals(fingerprintOf(derOf(one.cert)), fingerprintOf(derOf(authority.cert)));
  await shakeHands(renewed, "localhost", [anchorFor(derOf(one.cert))]);
});

Deno.test("an anchor holds its certificate's key, and does not pass another's", async () => {
  const [one, other] = [await ours(), await ours()];
  const anchor = anchorFor(derOf(one.cert));
  assertEquals(fingerprintOf(derOf(anchor)), fingerprintOf(derOf(one.cert)));
  await shakeHands(one, "localhost", [anchor]);
  await assertRejects(() => shakeHands(other, "localhost", [anchor]), InvalidData, "UnknownIssuer");
});

Deno.test("an authority that takes the name of the pinned one does not pass", async () => {
  const one = await ours();
  // What anybody can do who has seen the certificate: the same issuer, in the same bytes.
  const name = new x509.X509Certificate(one.cert).issuerName;
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const forged = await x509.X509CertificateGenerator.create({
    subject: "CN=echo",
    issuer: name,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  const pem = forged.toString("pem");
  assertEquals(partsOf(derOf(pem)).issuer, partsOf(derOf(one.cert)).issuer);
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  await assertRejects(
    () => shakeHands({ cert: pem, key }, "localhost", [anchorFor(derOf(one.cert))]),
    InvalidData,
    "BadSignature",
  );
});

Deno.test("a certificate that only claims the key of another one cannot be pinned", async () => {
  const one = await ours();
  const forged = derOf(await claiming(one.cert, "CN=evil authority"));
  assertEquals(fingerprintOf(forged), fingerprintOf(derOf(one.cert)));
  const [why] = (await pinningProblem(forged))!;
  assertEquals(why, "it is signed with another key than its own");
});

Deno.test("the names in a certificate do not matter: the key identifies the server", async () => {
  const { cert } = await makeLeaf(await makeAuthority(new Date()), ["echo.example"], new Date());
  assertEquals(await pinningProblem(derOf(cert)), null);
});

Deno.test("what cannot be verified by its key is said", async () => {
  const root = await selfSigned({ authority: true, name: "CN=root" });
  const { cert } = await selfSigned({ issuer: root });
  const expired = await selfSigned({ from: -20, to: -3 });
  const early = await selfSigned({ from: 3, to: 20 });
  const authority = await selfSigned({ authority: true });
  for (
    const [pem, wanted] of [
      [cert, "it is signed with another key than its own"],
      [expired.cert, "it has expired on"],
      [early.cert, "it is not valid before"],
      [authority.cert, "it is that of an authority, not of a server"],
      ["", "it is damaged, or of a kind that is not known here"],
    ] as const
  ) {
    const [why, hint] = (await pinningProblem(derOf(pem)))!;
    assert(why.startsWith(wanted), why);
    // An authority helps only where the certificate itself is good.
    assertEquals(hint.includes("--ca"), wanted.includes("another key"), hint);
  }
});

Deno.test("a certificate that is cut anywhere, or has another byte, is refused or read; no more", async () => {
  const der = new Uint8Array(derOf((await ours()).cert));
  const { key } = partsOf(der);
  const end = key.byteOffset - der.byteOffset + key.length;
  for (let length = 0; length < der.length; length++) {
    let fingerprint: string | null = null;
    try {
      fingerprint = fingerprintOf(der.slice(0, length));
    } catch (error) {
      assertEquals((error as Error).message, "it is damaged");
    }
    assertEquals(fingerprint, null, `${length} of ${der.length} bytes, the key ends at ${end}`);
  }
  for (let at = 0; at < der.length; at++) {
    for (const byte of [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
      const odd = der.slice();
      odd[at] = byte;
      try {
        anchorFor(odd);
      } catch (error) {
        assertEquals((error as Error).message, "it is damaged");
      }
    }
  }
});

Deno.test("isFingerprint() takes the whole of one, and nothing besides", () => {
  const good = `SHA256:${"aA0+/".repeat(9).slice(0, 43)}`;
  assert(isFingerprint(good));
  for (const bad of ["", "SHA256:", good.slice(0, -1), `${good}A`, `${good}=`, ` ${good}`]) {
    assert(!isFingerprint(bad), bad);
  }
});
