/**
 * Makes certificates: an authority, and leaves that it signs. Loaded only when one has to be made.
 *
 * @module
 */
import "reflect-metadata"; // before x509, which injects with it
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Identity } from "./pem.ts";

/** ECDSA on P-256: small, fast, and known to every TLS library. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const DAY_MS = 24 * 60 * 60 * 1000;
/** An authority is copied by hand to other machines, so it lives long. */
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS;
/** A leaf is renewed automatically. Some clients reject one that lives longer than 398 days. */
const LEAF_LIFE_MS = 365 * DAY_MS;
/** Clocks differ, so a certificate is valid from an hour before it was made. */
const BACKDATED_MS = DAY_MS / 24;

/** What a new authority keeps of an old one. */
export interface OldAuthority {
  /** Its private key, PEM. */
  key?: string;
  /** Its name, as in `CN=echo`. */
  name?: string;
}

/** Makes an authority, valid for ten years, with a new key and name where none is to be kept. */
export async function makeAuthority(now: Date, old: OldAuthority = {}): Promise<Identity> {
  const keys = old.key === undefined ? await makeKeys() : await keysOf(old.key);
  // A unique name, so that clients never confuse two authorities.
  const unique = crypto.randomUUID().slice(0, 8);
  const { name = `CN=echo development authority ${unique}` } = old;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    serialNumber: serialNumber(),
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString("pem") + "\n", key: await keyPem(keys.privateKey) };
}

/**
 * Makes a certificate for `names` (names and addresses), valid for a year, signed by `authority` and
 * with the same key. So a renewed certificate keeps its fingerprint, and clients that pinned it can
 * verify it.
 */
export async function makeLeaf(
  authority: Identity,
  names: string[],
  now: Date,
): Promise<Identity> {
  const issuer = new X509Certificate(authority.cert);
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=echo",
    issuer: issuer.subject,
    publicKey: issuer.publicKey,
    signingKey: await signingKey(authority.key),
    serialNumber: serialNumber(),
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + LEAF_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      // Not an authority: rustls refuses one as a leaf.
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(generalName)),
      await SubjectKeyIdentifierExtension.create(issuer.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { cert: certificate.toString("pem") + "\n", key: authority.key };
}

function generalName(name: string): JsonGeneralName {
  const isAddress = name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
  return { type: isAddress ? "ip" : "dns", value: name };
}

async function makeKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
}

/** Both keys of a private key, PEM. Throws where it is not one on P-256. */
async function keysOf(pem: string): Promise<CryptoKeyPair> {
  const der = PemConverter.decodeFirst(pem);
  const privateKey = await crypto.subtle.importKey("pkcs8", der, ALGORITHM, true, ["sign"]);
  const { d: _, key_ops: __, ...jwk } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", jwk, ALGORITHM, true, ["verify"]);
  return { privateKey, publicKey };
}

async function keyPem(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}

async function signingKey(pem: string): Promise<CryptoKey> {
  const der = PemConverter.decodeFirst(pem);
  return await crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

/** 16 random bytes, positive and without a leading zero (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes.toHex();
}
