/**
 * Trust in a key instead of an authority: fingerprints, and what it takes to verify one.
 *
 * Deno shows nobody the certificate of a peer; all it verifies is a chain of signatures. So the
 * pinned key is made the only authority (`anchorFor`), and the server has to have a certificate
 * that is signed with its own key, as ours are and self-signed ones. rustls then verifies, in the
 * very handshake of the connection, that the certificate is signed with the pinned key; nobody who
 * lacks that key can make one. The system's authorities cannot be left out of it: but none of them
 * signs for `localhost` (CA/Browser Forum, Baseline Requirements 4.2.2), and that is the name which
 * is verified, wherever the server is (`PINNED_NAME`). Nothing that was seen of an unverified
 * certificate is believed: of all it says only the key counts, and that is in the fingerprint.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, X509Certificate } from "node:crypto";
import { anchorOf, partsOf } from "./der.ts";
import { problemOf } from "./pem.ts";

/** The name that a pinned certificate is verified for: no public authority signs for it. */
export const PINNED_NAME = "localhost";

const PASS_AUTHORITY = "pass its authority with --ca FILE; one of the system's needs nothing";
const ANEW = "make the server a certificate anew";

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * The fingerprint of a certificate's public key: `SHA256:` and the base64 without padding of SHA-256
 * over the SubjectPublicKeyInfo. Throws an Error when `certificate`, DER, is damaged.
 */
export function fingerprintOf(certificate: Uint8Array): string {
  const digest = createHash("sha256").update(partsOf(certificate).key).digest("base64");
  return `SHA256:${digest.replace("=", "")}`;
}

/** Whether it has the form of a fingerprint. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/**
 * The authority, PEM, that signs with the key of `certificate`, DER: with it among the trusted ones
 * a certificate passes that is signed with that key. Throws an Error when it is damaged.
 */
export function anchorFor(certificate: Uint8Array): string {
  return pemOf(anchorOf(partsOf(certificate)));
}

/**
 * Why trust in the key of `certificate`, DER, could not be verified, as part of a sentence, and what
 * to do; null if it can be.
 */
export async function pinningProblem(
  certificate: Uint8Array,
): Promise<[why: string, hint: string] | null> {
  try {
    const known = new X509Certificate(Buffer.from(certificate));
    const problem = problemOf(known, new Date());
    if (problem !== null) return problem;
    if (known.ca) return ["it is one of an authority, not of a server", ANEW];
    if (known.checkHost(PINNED_NAME) === undefined) {
      return [`it is not for ${PINNED_NAME} too`, PASS_AUTHORITY];
    }
    // Loaded here: it is needed once per server. Deno 2.6 itself cannot verify a signature.
    await import("reflect-metadata");
    const x509 = await import("@peculiar/x509");
    const own = new x509.X509Certificate(new Uint8Array(certificate));
    const isOwn = await own.verify({ publicKey: own.publicKey, signatureOnly: true });
    return isOwn ? null : ["it is signed with another key than its own", PASS_AUTHORITY];
  } catch {
    return ["it is damaged, or of a kind that is not known here", ANEW];
  }
}

function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der).toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
