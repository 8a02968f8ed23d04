import "reflect-metadata"; // before x509, which injects with it
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "@peculiar/x509";
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "../support/assert.ts";
import { DAY, shakeHands } from "../support/odd_certs.ts";

const NOW = new Date("2026-11-21T02:20:10Z");
const HOUR = DAY / 24;

Deno.test("an authority may sign leaves and nothing else, for ten years", async () => {
  const { cert, key } = await makeAuthority(NOW);
  const authority = new X509Certificate(cert);
  const constraints = authority.getExtension(BasicConstraintsExtension);
  assertEquals([constraints?.ca, constraints?.pathLength, constraints?.critical], [true, 0, true]);
  const usages = authority.getExtension(KeyUsagesExtension)?.usages;
  assertEquals(usages, KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);
  assertEquals(authority.notBefore, new Date(NOW.getTime() - HOUR));
  assertEquals(authority.notAfter, new Date(NOW.getTime() + 3650 * DAY));
  assert(await authority.isSelfSigned());
  assert(await authority.verify({ date: NOW }));
  assertMatch(key, /^-----BEGIN PRIVATE KEY-----\n[^-]+\n-----END PRIVATE KEY-----\n$/);
});

Deno.test("two authorities have different names, serial numbers and keys", async () => {
  const [one, other] = await Promise.all([makeAuthority(NOW), makeAuthority(NOW)]);
  const [a, b] = [new X509Certificate(one.cert), new X509Certificate(other.cert)];
  assertNotEquals(a.subject, b.subject);
  assertNotEquals(a.serialNumber, b.serialNumber);
  assertNotEquals(one.key, other.key);
});

Deno.test("a leaf is for its names and addresses, of a server, for a year", async () => {
  const authority = await makeAuthority(NOW);
  const names = ["localhost", "echo.example", "192.168.1.3", "::1", "2001:db8::a:1"];
  const { cert } = await makeLeaf(authority, names, NOW);
  const leaf = new X509Certificate(cert);
  assertEquals(leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON(), [
    { type: "dns", value: "localhost" },
    { type: "dns", value: "echo.example" },
    { type: "ip", value: "192.168.1.3" },
    { type: "ip", value: "::1" },
    { type: "ip", value: "2001:db8::a:1" },
  ]);
  assertEquals(leaf.getExtension(BasicConstraintsExtension)?.ca, false);
  assertEquals(leaf.getExtension(KeyUsagesExtension)?.usages, KeyUsageFlags.digitalSignature);
  const extended = leaf.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  assertEquals([...extended], [ExtendedKeyUsage.serverAuth]);
  assertEquals(leaf.notBefore, new Date(NOW.getTime() - HOUR));
  assertEquals(leaf.notAfter, new Date(NOW.getTime() + 365 * DAY));
});

Deno.test("a leaf is signed by its authority and names it", async () => {
  const authority = await makeAuthority(NOW);
  const signer = new X509Certificate(authority.cert);
  const leaf = new X509Certificate((await makeLeaf(authority, ["localhost"], NOW)).cert);
  assert(await leaf.verify({ publicKey: signer, date: NOW }));
  assertEquals(leaf.issuer, signer.subject);
  assertEquals(
    leaf.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
    signer.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  );
});

Deno.test("serial numbers are positive, of 16 bytes, and never the same", async () => {
  const authority = await makeAuthority(NOW);
  const leaves = await Promise.all(
    Array.from({ length: 20 }, () => makeLeaf(authority, ["localhost"], NOW)),
  );
  const serials = leaves.map(({ cert }) => new X509Certificate(cert).serialNumber);
  for (const serial of serials) assertMatch(serial, /^[4-7][0-9a-f]{31}$/);
  assertEquals(new Set(serials).size, serials.length);
});

for (const hostname of ["localhost", "127.0.0.1", "::1"]) {
  Deno.test(`TLS to ${hostname} accepts a leaf, by its authority and by no other`, async () => {
    const now = new Date();
    const [authority, other] = await Promise.all([makeAuthority(now), makeAuthority(now)]);
    const leaf = await makeLeaf(authority, [hostname], now);
    await shakeHands(leaf, hostname, [authority.cert]);
    await shakeHands(leaf, hostname, [other.cert, authority.cert]);
    const { InvalidData } = Deno.errors;
    await assertRejects(
      () => shakeHands(leaf, hostname, [other.cert]),
      InvalidData,
      "UnknownIssuer",
    );
    await assertRejects(() => shakeHands(leaf, hostname, []), InvalidData, "UnknownIssuer");
  });
}

Deno.test("TLS refuses a leaf that is for another name or address, or an authority as a leaf", async () => {
  const now = new Date();
  const authority = await makeAuthority(now);
  const { InvalidData } = Deno.errors;
  const leaf = await makeLeaf(authority, ["echo.example", "127.0.0.2"], now);
  for (const hostname of ["localhost", "127.0.0.1", "::1"]) {
    await assertRejects(
      () => shakeHands(leaf, hostname, [authority.cert]),
      InvalidData,
      "not valid",
    );
  }
  await assertRejects(
    () => shakeHands(authority, "::1", [authority.cert]),
    InvalidData,
    "CaUsedAsEndEntity",
  );
});
