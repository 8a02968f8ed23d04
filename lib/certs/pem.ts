/**
 * Certificates and keys that somebody gives us: read, and judged before they are used. rustls would
 * refuse a bad one with a word or two, and Deno takes a bad authority in silence.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { Failure } from "../failure.ts";

/** Who a server is: its certificate chain, leaf first, and the leaf's private key, in PEM. */
export interface Identity {
  /** `CERTIFICATE` blocks. */
  cert: string;
  /** One private key block. */
  key: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----/;

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
  if (!isKeyOf(leaf, privateKeyOf(key, keyFile))) {
    const hint = `use the key that "${certFile}" was made with`;
    throw unusable("key", keyFile, "it is not the key of the certificate", hint);
  }
  return { cert, key };
}

/** Reads the certificates of `--ca`, one string each. Throws a `Failure` of kind `usage`. */
export async function readAuthorities(file: string): Promise<string[]> {
  const pem = await readPem("authority", file);
  const certificates = pem.match(CERTIFICATE) ?? [];
  for (const certificate of certificates) {
    const problem = problemOf(parse("authority", file, certificate), new Date());
    if (problem !== null) throw unusable("authority", file, ...problem);
  }
  if (certificates.length > 0) return certificates;
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

/** Whether a private key belongs to a certificate; Deno 2.6 cannot tell for Ed25519: then true. */
export function isKeyOf(certificate: X509Certificate, key: KeyObject): boolean {
  let wanted: KeyObject;
  try {
    wanted = certificate.publicKey;
  } catch {
    return true;
  }
  return spki(wanted) === spki(createPublicKey(key));
}

function spki(key: KeyObject): string {
  return key.export({ type: "spki", format: "der" }).toString("hex");
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
  const [first] = pem.match(CERTIFICATE) ?? [];
  if (first !== undefined) return parse("certificate", file, first);
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
  if (!KEY.test(pem)) {
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
  try {
    return createPrivateKey(pem);
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
