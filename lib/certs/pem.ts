/**
 * Certificates and keys that somebody gives us: read, and judged before they are used. rustls would
 * refuse a bad one with a word or two, and Deno takes a bad authority in silence.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { Failure } from "../failure.ts";

/** Who a server is: its certificate chain, leaf first, and the leaf's private key, in PEM. */
export interface Identity {
  /** `CERTIFICATE` blocks. */
  cert: string;
  /** One private key block. */
  key: string;
}

// A block that has no end is one too: it is damaged, not missing.
const CERTIFICATE = /-----BEGIN CERTIFICATE-----(?:([^-]*)-----END CERTIFICATE-----)?/g;
const KEY = /-----BEGIN (EC |RSA |)PRIVATE KEY-----(?:[^-]*-----END \1PRIVATE KEY-----)?/;

/** TLS takes no RSA key that is shorter, in bits. */
const SHORTEST_RSA = 2048;

/**
 * Reads the pair of `--cert` and `--key`. Throws a `Failure` of kind `usage`, a sentence for each
 * thing that can be wrong: missing, not PEM, swapped, expired, of an authority, of another key.
 */
export async function readIdentity(certFile: string, keyFile: string): Promise<Identity> {
  const cert = await readPem("certificate", certFile);
  const leaf = leafOf(cert, certFile);
  const problem = problemOf(leaf, new Date());
  if (problem !== null) throw unusable("certificate", certFile, ...problem);
  if (leaf.ca) {
    const hint = "use the certificate that this authority has signed for the server";
    throw unusable("certificate", certFile, "it is one of an authority, not of a server", hint);
  }
  const key = await readPem("key", keyFile);
  if (!isKeyOf(cert, privateKeyOf(key, keyFile))) {
    const hint = `use the key that "${certFile}" was made with`;
    throw unusable("key", keyFile, "it is not the key of the certificate", hint);
  }
  return { cert, key };
}

/**
 * Reads the certificates of `--ca`, one string each. Throws a `Failure` of kind `usage` if none can
 * be used now, or one is damaged; a bundle may have some that have expired, and many have.
 */
export async function readAuthorities(file: string): Promise<string[]> {
  const pem = await readPem("authority", file);
  const certificates = pem.match(CERTIFICATE) ?? [];
  const now = new Date();
  const problems = certificates.map((one) => problemOf(parse("authority", file, one), now));
  const usable = certificates.filter((_, i) => problems[i] === null);
  if (usable.length > 0) return usable;
  const [problem] = problems;
  if (problem) throw unusable("authority", file, ...problem);
  const hint = "it should have a block that begins with -----BEGIN CERTIFICATE-----";
  throw unusable("authority", file, "there is no PEM certificate in it", hint);
}

/** What is wrong with a certificate at this time, and what to do; null if nothing is. */
export function problemOf(
  certificate: X509Certificate,
  now: Date,
): [why: string, hint: string] | null {
  const from = new Date(certificate.validFrom), to = new Date(certificate.validTo);
  if (now > to) return [`it has expired on ${day(to)}`, "renew it"];
  if (now < from) return [`it is not valid before ${day(from)}`, "check this machine's clock"];
  return null;
}

/**
 * Whether a private key belongs to a certificate, the first one in the PEM. Deno 2.6 cannot take an
 * Ed25519 certificate apart: so we look for the public key as it stands in there.
 */
export function isKeyOf(pem: string, key: KeyObject): boolean {
  const [first] = pem.matchAll(CERTIFICATE);
  const certificate = Buffer.from(first?.[1] ?? "", "base64");
  return certificate.includes(createPublicKey(key).export({ type: "spki", format: "der" }));
}

async function readPem(what: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw unusable(what, file, "there is no such file", "check the path");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw unusable(what, file, "it may not be read", "check who owns it, and its mode");
    }
    const text = error instanceof Error ? error.message : String(error);
    throw unusable(what, file, text.replace(/ \(os error.*/s, "").toLowerCase(), "name a PEM file");
  }
}

function leafOf(pem: string, file: string): X509Certificate {
  const chain = pem.match(CERTIFICATE) ?? [];
  const [leaf] = chain.map((one) => parse("certificate", file, one));
  if (leaf !== undefined) return leaf;
  if (KEY.test(pem)) {
    throw unusable("certificate", file, "it has a key in it", "--cert and --key may be swapped");
  }
  const hint = "it should have a block that begins with -----BEGIN CERTIFICATE-----";
  throw unusable("certificate", file, "there is no PEM certificate in it", hint);
}

function parse(what: string, file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw unusable(what, file, "its certificate is damaged", "copy or make it again");
  }
}

function privateKeyOf(pem: string, file: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw unusable(
      "key",
      file,
      "it is encrypted",
      "decrypt it: nobody could type its password here",
    );
  }
  const [block] = KEY.exec(pem) ?? [];
  if (block === undefined) {
    const swapped = pem.match(CERTIFICATE) !== null;
    throw swapped
      ? unusable("key", file, "it has a certificate in it", "--cert and --key may be swapped")
      : unusable(
        "key",
        file,
        "there is no PEM private key in it",
        "it should have a block that begins with -----BEGIN PRIVATE KEY-----",
      );
  }
  const key = parseKey(block, file);
  const { modulusLength = SHORTEST_RSA } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < SHORTEST_RSA) {
    const hint = `make one of ${SHORTEST_RSA} bits or more, and a certificate for it`;
    throw unusable("key", file, `an RSA key of ${modulusLength} bits is too short`, hint);
  }
  return key;
}

function parseKey(block: string, file: string): KeyObject {
  try {
    return createPrivateKey(block); // it takes a block that is alone
  } catch {
    throw unusable("key", file, "its key is damaged", "copy or make it again");
  }
}

function unusable(what: string, file: string, why: string, hint: string): Failure {
  return new Failure("usage", { what: `cannot use the ${what} "${file}"`, why, hint });
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
