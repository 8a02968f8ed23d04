/**
 * Trust in a key instead of an authority: fingerprints, and how a connection verifies one.
 *
 * Deno does not expose the certificate of a peer. It only verifies a chain of signatures. So the
 * pinned key becomes the only authority (`anchorFor`), and the server needs a certificate that is
 * signed with its own key, as those of this program and self-signed ones are. Then rustls verifies
 * in the handshake itself that the certificate is signed with the pinned key. Without that key such
 * a certificate cannot be made.
 *
 * The system's authorities stay trusted, since Deno cannot leave them out. So the key of the
 * connection is compared with the pin after the handshake. The name is not verified: the key alone
 * identifies the server.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, X509Certificate } from "node:crypto";
import { anchorOf, partsOf } from "./der.ts";
import { problemOf } from "./pem.ts";

/** The name that a server with a known key is asked for (SNI), wherever it is. */
export const PINNED_NAME = "localhost";

const PASS_AUTHORITY = "pass its authority with --ca FILE, unless the system trusts it already";
const ANEW = "create a new certificate for the server (docs/trust.md has a command)";

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * The fingerprint of a certificate's public key: `SHA256:` and the base64 without padding of SHA-256
 * over the SubjectPublicKeyInfo. Throws an Error when `certificate`, DER, is damaged.
 */
export function fingerprintOf(certificate: Uint8Array): string {
  const digest = createHash("sha256").update(partsOf(certificate).key).digest("base64");
  return `SHA256:${digest.replace("=", "")}`;
}

/** Whether `text` has the form of a fingerprint. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/**
 * An authority, PEM, with the key of `certificate`, DER. Where it is trusted, certificates pass that
 * are signed with that key. Throws an Error when `certificate` is damaged.
 */
export function anchorFor(certificate: Uint8Array): string {
  return pemOf(anchorOf(partsOf(certificate)));
}

/**
 * Why the key of `certificate`, DER, cannot be pinned, as part of a sentence, and what to do; null
 * if it can.
 */
export async function pinningProblem(
  certificate: Uint8Array,
): Promise<[why: string, hint: string] | null> {
  try {
    const known = new X509Certificate(Buffer.from(certificate));
    const problem = problemOf(known, new Date());
    if (problem !== null) return problem;
    if (known.ca) return ["it is that of an authority, not of a server", ANEW];
    // Loaded here, since it is needed once per server. Deno 2.6 itself cannot verify a signature.
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
