/**
 * Certificates and keys from files, checked before they are used. rustls rejects a bad one in a word
 * or two, and Deno accepts a bad authority in silence.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { Failure, reasonOf } from "../failure.ts";
import { readFileText } from "./read_file.ts";
import { algorithmIn, extensionsIn, identifiersIn, partsOf } from "./der.ts";

/** A server's certificate chain, leaf first, and the leaf's private key, in PEM. */
export interface Identity {
  /** `CERTIFICATE` blocks. */
  cert: string;
  /** One private key block. */
  key: string;
}

// A block without an end matches too: it is damaged, not missing.
const CERTIFICATE = /-----BEGIN CERTIFICATE-----(?:([^-]*)-----END CERTIFICATE-----)?/g;
const KEY = /-----BEGIN (EC |RSA |)PRIVATE KEY-----(?:[^-]*-----END \1PRIVATE KEY-----)?/;

// Neither is UTF-8, but the decoded text still shows which it is.
// deno-lint-ignore no-control-regex -- a sequence that is long, or begins with a version
const DER = /^0(\ufffd|.\x02\x01)/s;
const UTF_16 = /-\0-\0-\0/;

/** The sizes of RSA keys that rustls accepts. */
const RSA_BITS = { min: 2048, max: 8192 };
/** The curves that rustls accepts. Deno 2.6 has its own names for them. */
const CURVES = ["prime256v1", "p256", "secp384r1", "p384", "secp521r1"];

const SUBJECT_ALT_NAME = "2.5.29.17";
const EXTENDED_KEY_USAGE = "2.5.29.37";
/** What a server's certificate may be used for: to authenticate a server, or anything. */
const FOR_SERVERS = ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"];

/** Signatures that TLS does not take any more: MD5 and SHA-1, of RSA and ECDSA. */
const OLD_SIGNATURES = [
  "1.2.840.113549.1.1.4",
  "1.2.840.113549.1.1.5",
  "1.2.840.10045.4.1",
];

/** Makes a good certificate for this machine, and its key. */
export const OPENSSL_LINE: string =
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 " +
  "-subj /CN=localhost -addext basicConstraints=critical,CA:FALSE " +
  "-addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -keyout key.pem -out cert.pem";

const NEW_ONE = `create a new one, as with: ${OPENSSL_LINE}`;

/**
 * Reads the pair of `--cert` and `--key`. Throws a `Failure` of kind `usage`, with its own text for
 * each problem: missing, not PEM, swapped, expired, of an authority, of no name, of another key.
 * Returns only the blocks that were checked, so that rustls cannot find others.
 */
export async function readIdentity(certFile: string, keyFile: string): Promise<Identity> {
  const cert = chainOf(await readPem("certificate", certFile), certFile);
  const key = keyBlockOf(await readPem("key", keyFile), keyFile);
  if (!isKeyOf(cert, privateKeyOf(key, keyFile))) {
    const hint = `use the key that "${certFile}" was made with`;
    throw unusable("key", keyFile, "it is not the key of the certificate", hint);
  }
  return { cert, key };
}

/**
 * Reads the certificates of `--ca`, one string each. Throws a `Failure` of kind `usage` if none is
 * valid now, or one is damaged. Many bundles have some that have expired; these are left out.
 */
export async function readAuthorities(file: string): Promise<string[]> {
  const pem = await readPem("authority", file);
  const certificates = blocksOf(pem);
  const now = new Date();
  const problems = certificates.map((one) => problemOf(parse("authority", file, one), now));
  const usable = certificates.filter((_, i) => problems[i] === null);
  if (usable.length > 0) return usable;
  const [problem] = problems;
  throw problem ? unusable("authority", file, ...problem) : missing("authority", file, pem);
}

/** The problem with a certificate at this time, and what to do; null if there is none. */
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
 * Whether a private key belongs to a certificate, the first one in the PEM. Deno 2.6 cannot parse an
 * Ed25519 certificate, so this searches the DER for the public key.
 */
export function isKeyOf(pem: string, key: KeyObject): boolean {
  return derOf(pem).includes(createPublicKey(key).export({ type: "spki", format: "der" }));
}

/** The end of the first certificate in the PEM. */
export function expiryOf(pem: string): Date {
  return new Date(new X509Certificate(pem).validTo);
}

/** The first certificate in the PEM, as DER. */
export function derOf(pem: string): Buffer {
  const [first] = pem.matchAll(CERTIFICATE);
  return Buffer.from(first?.[1] ?? "", "base64");
}

/** The certificates in a PEM, each with clean lines: rustls takes no blanks at their ends. */
function blocksOf(pem: string): string[] {
  return [...pem.matchAll(CERTIFICATE)].map(([block, base64]) => {
    const lines = base64?.replace(/\s/g, "").match(/.{1,64}/g);
    return lines
      ? ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n")
      : block;
  });
}

async function readPem(what: string, file: string): Promise<string> {
  try {
    return await readFileText(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw unusable(what, file, "there is no such file", "check the path");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw unusable(what, file, "it may not be read", "check its owner and its mode");
    }
    throw unusable(what, file, reasonOf(error), "name a PEM file");
  }
}

function chainOf(pem: string, file: string): string {
  const chain = blocksOf(pem);
  const [leaf, ...others] = chain.map((one) => parse("certificate", file, one));
  if (leaf === undefined) {
    throw KEY.test(pem)
      ? unusable("certificate", file, "it contains a key", "--cert and --key may be swapped")
      : missing("certificate", file, pem);
  }
  const problem = problemOf(leaf, new Date());
  if (problem !== null) throw unusable("certificate", file, ...problem);
  if (leaf.ca && others.some((other) => !other.ca)) {
    const hint = "put the server's certificate before those of the authorities";
    throw unusable("certificate", file, "its certificates are in the wrong order", hint);
  }
  const fault = leafProblem(derOf(pem), leaf);
  if (fault !== null) throw unusable("certificate", file, fault, NEW_ONE);
  const isOwnIssuer = leaf.issuer === leaf.subject;
  if (others.length > 0 && !isOwnIssuer && !others.some((it) => it.subject === leaf.issuer)) {
    const hint = "put the one of the authority that signed the first behind it, or none";
    throw unusable(
      "certificate",
      file,
      "none of its other certificates has signed the first",
      hint,
    );
  }
  return chain.join("\n") + "\n";
}

/** Why no client accepts a server with this certificate; null where some do. */
function leafProblem(der: Uint8Array, leaf: X509Certificate): string | null {
  if (leaf.ca) return "it is that of an authority, not of a server";
  const parts = partsOf(der);
  const extensions = extensionsIn(parts);
  // Only version 3 has extensions, and TLS needs version 3.
  if (!extensions.has(SUBJECT_ALT_NAME)) return "it has no subjectAltName, so it is for no name";
  const usages = extensions.get(EXTENDED_KEY_USAGE);
  if (usages !== undefined && !identifiersIn(usages).some((it) => FOR_SERVERS.includes(it))) {
    return "it is not for servers: its extendedKeyUsage is without serverAuth";
  }
  if (OLD_SIGNATURES.includes(algorithmIn(parts.algorithm))) {
    return "it is signed with MD5 or SHA-1, which are not safe";
  }
  return null;
}

function parse(what: string, file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw unusable(what, file, "its certificate is damaged", "copy it again, or create a new one");
  }
}

function keyBlockOf(pem: string, file: string): string {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    const hint =
      `decrypt it, since there is no prompt for its password: openssl pkey -in "${file}"`;
    throw unusable("key", file, "it is encrypted", hint);
  }
  const [block] = KEY.exec(pem) ?? [];
  if (block !== undefined) return block.replace(/[ \t]+$/gm, "") + "\n";
  const swapped = pem.match(CERTIFICATE) !== null;
  throw swapped
    ? unusable("key", file, "it contains a certificate", "--cert and --key may be swapped")
    : missing("key", file, pem);
}

/** The failure of a file without the block that it needs; it names common other contents. */
function missing(what: "certificate" | "authority" | "key", file: string, text: string): Failure {
  if (DER.test(text)) {
    const command = what === "key" ? "pkey" : "x509";
    const hint = `convert it: openssl ${command} -inform DER -in "${file}" (pkcs12 for .p12, .pfx)`;
    return unusable(what, file, "it is DER, and not PEM", hint);
  }
  if (UTF_16.test(text)) {
    return unusable(what, file, "it is text in UTF-16", "save it as UTF-8");
  }
  const [label, name] = what === "key"
    ? ["PRIVATE KEY", "private key"]
    : ["CERTIFICATE", "certificate"];
  const [, other] = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text) ?? [];
  const only = other === undefined ? "" : `, only a ${other}`;
  const hint = `it should have a block that begins with -----BEGIN ${label}-----`;
  return unusable(what, file, `there is no PEM ${name} in it${only}`, hint);
}

function privateKeyOf(block: string, file: string): KeyObject {
  const key = parseKey(block, file);
  const kind = unknownKind(key);
  if (kind === null) return key;
  const bits = `${RSA_BITS.min} to ${RSA_BITS.max} bits`;
  const hint = `create one on the curve P-256, or of RSA with ${bits}, and a certificate for it`;
  throw unusable("key", file, `TLS does not accept a ${kind}`, hint);
}

/** Deno 2.6 knows fewer kinds than rustls accepts: not P-521. */
function parseKey(block: string, file: string): KeyObject {
  try {
    return createPrivateKey(block);
  } catch {
    const why = "its key is damaged, or of a kind that is not known here";
    throw unusable("key", file, why, "copy it again, or create one on the curve P-256");
  }
}

/** The kind of a key that rustls does not accept; null for all others. */
function unknownKind({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject): string | null {
  const { namedCurve = "", modulusLength = 0 } = asymmetricKeyDetails ?? {};
  switch (type) {
    case "ed25519":
      return null;
    case "ec":
      return CURVES.includes(namedCurve) ? null : `key on the curve ${namedCurve}`;
    case "rsa": {
      const known = RSA_BITS.min <= modulusLength && modulusLength <= RSA_BITS.max;
      return known ? null : `RSA key of ${modulusLength} bits`;
    }
    default:
      return `key of the kind ${type}`;
  }
}

function unusable(what: string, file: string, why: string, hint: string): Failure {
  return new Failure("usage", { what: `cannot use the ${what} "${file}"`, why, hint });
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
