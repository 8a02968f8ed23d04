/**
 * The cases of the suite `tls` about the certificate: whether clients accept it, and for how long.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type KeyObject, X509Certificate } from "node:crypto";
import { Failure } from "../../failure.ts";
import { canonicalAddress, isIpAddress } from "../../text/ip.ts";
import { type Case, Skip, Wrong } from "../case.ts";
import { tlsProblemOf, type TlsServer } from "./tls_server.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a certificate should still be valid, in days. */
const LEFT_DAYS = 7;

/** How many names are shown. */
const MAX_SHOWN_NAMES = 5;

const MIN_RSA_BITS = 2048;

/** What the later ones judge is known only where the first one shows it. */
export const CERTIFICATE_CASES: readonly Case<TlsServer>[] = [
  {
    id: "tls-fingerprint",
    title: "the key is the same on two connections",
    run: (server) => compareKeys(server),
  },
  {
    id: "tls-key",
    needs: "tls-fingerprint",
    title: "the key is long enough",
    async run(server) {
      const { kind, bits } = keyKind(await certificateOf(server));
      if (bits === null || bits >= MIN_RSA_BITS) return `it is a key of ${kind}`;
      const cure = `make one of ${MIN_RSA_BITS} bits or more, or on the curve P-256`;
      throw new Wrong(`it is a key of ${kind}`, `has a key that is too short for RSA: ${cure}`);
    },
  },
  {
    id: "tls-dates",
    needs: "tls-fingerprint",
    title: `the certificate is valid, and does not end within ${LEFT_DAYS} days`,
    async run(server) {
      const { validFrom, validTo } = await certificateOf(server);
      return judgeDates(new Date(validFrom), new Date(validTo), new Date());
    },
  },
  {
    id: "tls-name",
    needs: "tls-fingerprint",
    title: "the certificate is for HOST",
    async run(server) {
      const { hostname, pin } = server.dialing;
      if (pin !== null) throw new Skip("with --pin only the key counts");
      const { names } = await server.dialing.fetchCertificate();
      if (names.some((name) => isFor(name, hostname))) return `it is for ${hostname}`;
      if (names.length === 0) {
        const mistake = "has a certificate without a subjectAltName: no client takes it";
        throw new Wrong("it is for no name", mistake);
      }
      const mistake = "has a certificate for another name: make one for HOST, or use its name";
      throw new Wrong(`it is for ${shownNames(names)}, and not for ${hostname}`, mistake);
    },
  },
  {
    id: "tls-trust",
    needs: "tls-fingerprint",
    title: "the certificate is signed by an authority that is trusted",
    run: (server) => judgeTrust(server),
  },
];

async function compareKeys(server: TlsServer): Promise<string> {
  const { pin } = server.dialing;
  const { fingerprint } = await server.dialing.fetchCertificate();
  const { fingerprint: second } = await server.dialing.fetchCertificate();
  if (fingerprint !== second) {
    const mistake = "shows another key on each connection: one key should be in one place";
    throw new Wrong(`first ${fingerprint}, then ${second}`, mistake);
  }
  if (pin === null || pin === fingerprint) return `it is ${fingerprint}`;
  throw new Wrong(`it is ${fingerprint}, and not ${pin}`, "has another key than --pin says");
}

/**
 * What is said of a certificate that is valid `from` and `to` these times. One that is made for less
 * than three weeks may end sooner: a third of its life is left when it should be renewed. Throws a
 * `Wrong`.
 */
export function judgeDates(from: Date, to: Date, now: Date): string {
  const left = Math.min(LEFT_DAYS * DAY_MS, (to.getTime() - from.getTime()) / 3);
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (now < from) {
    const mistake = "has a certificate that is not valid yet: check the clocks";
    throw new Wrong(`it begins on ${day(from)}`, mistake);
  }
  if (now > to) {
    throw new Wrong(`it ended on ${day(to)}`, "has a certificate that has expired: renew it");
  }
  if (to.getTime() - now.getTime() < left) {
    throw new Wrong(`it ends on ${day(to)}`, "has a certificate that ends soon: renew it in time");
  }
  return `it ends on ${day(to)}`;
}

async function judgeTrust(server: TlsServer): Promise<string> {
  try {
    const { conn } = await server.dialing.connectTrusting();
    conn.close();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "untrusted") throw error;
    throw new Wrong(error.parts.why, distrustOf(error, await certificateOf(server)));
  }
  return server.dialing.pin === null ? "it is trusted" : "it is trusted by its key";
}

/** The mistake behind a certificate that is not trusted; null where another case names it. */
function distrustOf(error: Failure, { ca, issuer, subject }: X509Certificate): string | null {
  if (ca) {
    return "uses the certificate of an authority as its own: make one with CA:FALSE";
  }
  if (tlsProblemOf(error) !== "unknown-authority") return null;
  return issuer === subject
    ? "signs its certificate itself: give the certificate with --ca, or its fingerprint with --pin"
    : "has a certificate of an unknown authority, or leaves out those in between: give it with --ca";
}

/** The kind of a key in words; and of RSA, its size. */
function keyKind(certificate: X509Certificate): { kind: string; bits: number | null } {
  let key: KeyObject;
  try {
    key = certificate.publicKey;
  } catch {
    return { kind: "a kind that this Deno cannot read", bits: null }; // 2.6 knows no Ed25519 here
  }
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails } = key;
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) {
    return { kind: `RSA with ${modulusLength} bits`, bits: modulusLength };
  }
  return { kind: namedCurve === undefined ? type : `the curve ${namedCurve}`, bits: null };
}

async function certificateOf(server: TlsServer): Promise<X509Certificate> {
  const { der } = await server.dialing.fetchCertificate();
  try {
    return new X509Certificate(Buffer.from(der));
  } catch {
    throw new Wrong("it cannot be read", "has a certificate that is damaged: make a new one");
  }
}

/** Whether a name of a certificate is that of HOST; `*` stands for one label (RFC 9525, 6.3). */
export function isFor(name: string, hostname: string): boolean {
  if (isIpAddress(hostname)) return canonicalAddress(name) === canonicalAddress(hostname);
  const host = hostname.toLowerCase(), own = name.toLowerCase();
  if (!own.startsWith("*.")) return own === host;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot) === own.slice(1);
}

function shownNames(names: string[]): string {
  const others = names.length - MAX_SHOWN_NAMES;
  const shown = names.slice(0, MAX_SHOWN_NAMES).join(", ");
  return others > 0 ? `${shown} and ${others} more` : shown;
}
