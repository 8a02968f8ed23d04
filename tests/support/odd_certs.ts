/**
 * Certificates and keys as users have them, good and odd, a folder to keep them in, and a handshake
 * that tries them.
 *
 * @module
 */
import "reflect-metadata"; // before x509, which injects with it
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { Buffer } from "node:buffer";
import { createPrivateKey } from "node:crypto";
import type { Identity } from "../../lib/certs/pem.ts";

/** One day, in milliseconds. */
export const DAY: number = 24 * 60 * 60 * 1000;

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** Keys of every kind that is common; one that signs, and one that is, too weak for TLS. */
const ALGORITHMS = {
  "P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "SHA-1": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-1" },
  "P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "Ed25519": { name: "Ed25519" },
  "RSA": { ...RSA, modulusLength: 2048 },
  "RSA-1024": { ...RSA, modulusLength: 1024 },
};

/** How a certificate differs from a good one. */
export interface Oddity {
  /** Of which kind its key is. */
  kind?: keyof typeof ALGORITHMS;
  /** Whether it is an authority's. */
  authority?: boolean;
  /** Since when it is valid, in days from now. */
  from?: number;
  /** Until when it is valid, in days from now. */
  to?: number;
  /** Whom it is for, besides localhost and its addresses; null: for nobody. */
  names?: string[] | null;
  /** Its subject, and so its issuer. */
  name?: string | JsonName;
  /** Extensions besides. */
  more?: Extension[];
  /** Who signs it instead. */
  issuer?: Identity;
}

/** It may be used by clients only. */
export const FOR_CLIENTS: Extension = new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]);

/** Whoever does not know it must not take it; nobody does. */
export const CRITICAL: Extension = new Extension("1.2.3.4", true, Uint8Array.of(5, 0).buffer);

/** Makes a certificate for localhost, self-signed, as many do for themselves, unless told otherwise. */
export async function selfSigned(
  {
    kind = "P-256",
    authority = false,
    from = -10,
    to = 10,
    names = [],
    name = "CN=odd",
    more = [],
    issuer,
  }: Oddity = {},
): Promise<Identity> {
  const signingAlgorithm = ALGORITHMS[kind];
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  if (!("privateKey" in keys)) throw new Error("these are pairs");
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    ...(issuer === undefined
      ? { issuer: name, signingKey: keys.privateKey }
      : await signerOf(issuer)),
    publicKey: keys.publicKey,
    serialNumber: "01",
    notBefore: daysFromNow(from),
    notAfter: daysFromNow(to),
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(authority, undefined, true),
      ...(names === null ? [] : [
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
          { type: "ip", value: "::1" },
          ...names.map((value) => ({ type: "dns" as const, value })),
        ]),
      ]),
      ...more,
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: certificate.toString("pem") + "\n", key: pem(key, "PRIVATE KEY") };
}

async function signerOf({ cert, key }: Identity) {
  const algorithm = ALGORITHMS["P-256"];
  const signingKey = await crypto.subtle.importKey("pkcs8", der(key).buffer, algorithm, false, [
    "sign",
  ]);
  return { issuer: new X509Certificate(cert).subject, signingKey };
}

/** One now for a whole run, so that no day ends between two looks at the clock. */
const NOW = Date.now();

/** That many days from now. */
export function daysFromNow(days: number): Date {
  return new Date(NOW + days * DAY);
}

/** That many days from now, as people read it: `2026-11-21`. */
export function day(days: number): string {
  return daysFromNow(days).toISOString().slice(0, 10);
}

/**
 * A P-256 key in SEC1, as `openssl ecparam -genkey` writes it: its parameters, then the key.
 * Written by hand, since Deno 2.6 leaves the curve out.
 */
export function sec1(key: string): string {
  const { d, x, y } = createPrivateKey(key).export({ format: "jwk" });
  const bytes = (text?: string) => Buffer.from(text ?? "", "base64url").toString("hex");
  const curve = "06082a8648ce3d030107";
  const der = `30770201010420${bytes(d)}a00a${curve}a14403420004${bytes(x)}${bytes(y)}`;
  return pem(Uint8Array.fromHex(curve).buffer, "EC PARAMETERS") +
    pem(Uint8Array.fromHex(der).buffer, "EC PRIVATE KEY");
}

/** An RSA key in PKCS#1, as `openssl genrsa -traditional` writes it. */
export function pkcs1(key: string): string {
  return createPrivateKey(key).export({ type: "pkcs1", format: "pem" }).toString();
}

function pem(der: ArrayBuffer, label: string): string {
  return PemConverter.encode(der, label) + "\n";
}

/** The first block of a PEM as DER. */
export function der(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(PemConverter.decodeFirst(pem));
}

/** The same PEM with something else inside, still in base64. */
export function damaged(pem: string): string {
  return pem.replace(/-----\n..../, "-----\nAAAA");
}

/** The same certificate with another last byte: its signature is wrong. Keeps what is before it. */
export function badlySigned(text: string): string {
  const bytes = new Uint8Array(PemConverter.decodeFirst(text));
  bytes[bytes.length - 1]! ^= 1;
  return text.slice(0, text.indexOf("-----BEGIN")) + pem(bytes.buffer, "CERTIFICATE");
}

/** An encrypted key, as `openssl genpkey -aes256` writes it; its password is x. */
export const ENCRYPTED = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBH+MoeqU3bwCh07r/u
UIOWAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQJHsRvcLqg4t4oPv4
jTPnUQSBkAFen6tRVfJ7NVjMZJTD6bzrNId90hRv2PYvN16zyS4HUhgAtuJ6PxfB
0F+BIE5yHe/qptRqy0owuokjh8StDzIO7D/MaAm6kxwfOHCZW8mgKsw5R7IV32wf
DX2m1Eykp7OqEDrB+r2M0PHR5Mk7NVzMYOCyvGVk6uJ7ME+VSsAo9k3cw1om5ZNQ
LEYuahvlDg==
-----END ENCRYPTED PRIVATE KEY-----
`;

/** The head of an encrypted key, as `openssl rsa -aes128 -traditional` writes it. */
export const ENCRYPTED_TRADITIONALLY = `-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,4C5E2B9A0D6F318877A1C0EDB2F39415

nothing of what follows is looked at
-----END RSA PRIVATE KEY-----
`;

/** A key on a curve that TLS does not take, as `openssl genpkey` writes it. */
export const P224 = `-----BEGIN PRIVATE KEY-----
MHgCAQAwEAYHKoZIzj0CAQYFK4EEACEEYTBfAgEBBBw5wX1s0xJy7tBiIi+4jZ5x
C2taKnf2/EvWuIljoTwDOgAEbjSvjeiihTGGx/1LHSETcJJ40ZchEHwCNuT9HJ5L
2MkGFgUxKEwDCLv3EAKbYCDTuLaEHcIqzeA=
-----END PRIVATE KEY-----
`;

/** A certificate of X.509 version 1, as `openssl x509 -req` writes it; valid from 2020 to 2120. */
export const VERSION_1 = `-----BEGIN CERTIFICATE-----
MIIBBzCBrQICRwAwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDb2xkMCAXDTIwMDEw
MTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAOMQwwCgYDVQQDDANvbGQwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQ5/NYYJbu6TU9QS2XhHHuBW4v+5otZdxk9AwPY
Nfx12OM825QvVAk0yKMfNcALYJXHh/+ogpyNFpbR2hYp5MtHMAoGCCqGSM49BAMC
A0kAMEYCIQC/TAXic2VxrHZ+MxUy3pzl2SFyNmVn9gZWKYamiWwhUQIhAONmdKqB
5swhnbg0+kCN4hjU1v/NTaZc6kVh1namNpOv
-----END CERTIFICATE-----
`;

/** A key that agrees and cannot sign. */
export async function x25519(): Promise<string> {
  const keys = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
  if (!("privateKey" in keys)) throw new Error("these are pairs");
  return pem(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

/** A folder of PEM files. */
export interface Folder extends AsyncDisposable {
  /** Where it is. */
  path: string;
  /** Puts a file into it, and returns its path. */
  put(name: string, content: string | Uint8Array): Promise<string>;
}

/** A folder that goes away with everything in it. */
export async function folder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "echo-certs-" });
  return {
    path,
    async put(name, content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${path}/${name}`, bytes);
      return `${path}/${name}`;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Shakes hands over loopback TLS; rejects with what the client does not like. */
export async function shakeHands(
  identity: Identity,
  hostname: string,
  caCerts: string[],
): Promise<void> {
  using listener = Deno.listenTls({ hostname, port: 0, ...identity });
  const [near, far] = await Promise.all([
    Deno.connectTls({ hostname, port: listener.addr.port, caCerts }),
    listener.accept(),
  ]);
  try {
    const [client] = await Promise.allSettled([near.handshake(), far.handshake()]);
    if (client.status === "rejected") throw client.reason;
  } finally {
    near.close();
    far.close();
  }
}
