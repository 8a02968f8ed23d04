/**
 * The certificates that this program makes, and their directory.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { Failure, reasonOf } from "../failure.ts";
import { type Identity, isKeyOf, problemOf } from "./pem.ts";

/** A certificate is renewed this long before it expires, in milliseconds: 30 days. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** The files of a pair in the directory. */
interface Files {
  cert: string;
  key: string;
}

const AUTHORITY: Files = { cert: "ca.pem", key: "ca-key.pem" };
const LEAF: Files = { cert: "server.pem", key: "server-key.pem" };

/**
 * The server's certificate and key from `directory`. A leaf that is missing, damaged, about to
 * expire or not for all of `names` is renewed. The authority stays as long as it is valid, since
 * clients trust it. Throws a `Failure` of kind `failed` when the directory cannot be written.
 */
export async function loadOrCreateIdentity(
  directory: string,
  names: string[],
  now: Date = new Date(),
): Promise<Identity> {
  const valid = await loadValidLeaf(directory, names, now);
  if (valid !== null) return valid;
  // Many servers may start at once: one makes the certificates, the others find them.
  return await withStoreErrors(directory, async () =>
    await loadValidLeaf(directory, names, now) ??
      await renew(directory, await loadValidPair(directory, AUTHORITY, now), names, now));
}

/**
 * A new authority, with a new key, and its certificate for `names`; it replaces what is in
 * `directory`. Throws a `Failure` of kind `failed` when the directory cannot be written.
 */
export async function createIdentity(
  directory: string,
  names: string[],
  now: Date = new Date(),
): Promise<Identity> {
  return await withStoreErrors(directory, () => renew(directory, null, names, now));
}

async function withStoreErrors(
  directory: string,
  work: () => Promise<Identity>,
): Promise<Identity> {
  try {
    return await locked(directory, work);
  } catch (error) {
    throw new Failure("failed", {
      what: `cannot keep certificates in "${directory}"`,
      why: reasonOf(error),
      hint: "make it writable, or use your own with --cert and --key",
      cause: error,
    });
  }
}

/** Does `work` in `directory`, which is created if needed, while no other process works there. */
export async function locked<T>(directory: string, work: () => Promise<T>): Promise<T> {
  // Writers of the directory can replace the keys, so only its owner may write, whatever the umask.
  await Deno.mkdir(directory, { recursive: true, mode: 0o755 });
  using lock = await Deno.open(`${directory}/.lock`, { create: true, write: true });
  await lock.lock(true);
  return await work();
}

/**
 * The authority that signs this machine's certificates, PEM; null where there is none yet. Throws a
 * `Failure` of kind `failed` when it exists and cannot be used.
 */
export async function localAuthority(directory: string): Promise<string | null> {
  const path = `${directory}/${AUTHORITY.cert}`;
  const what = `cannot use the authority "${path}"`;
  try {
    const pem = await Deno.readTextFile(path);
    if (isCertificate(pem)) return pem;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return null;
    throw new Failure("failed", {
      what,
      why: reasonOf(error),
      hint: "make it a file that you may read",
      cause: error,
    });
  }
  throw new Failure("failed", {
    what,
    why: "it is damaged",
    hint: "delete it, and start the server once: it makes a new one",
  });
}

async function renew(
  directory: string,
  authority: Identity | null,
  names: string[],
  now: Date,
): Promise<Identity> {
  const { makeAuthority, makeLeaf } = await import("./authority.ts");
  if (authority === null) {
    authority = await makeAuthority(now);
    await writePair(directory, AUTHORITY, authority);
  }
  const leaf = await makeLeaf(authority, names, now);
  // Text before a PEM block is a comment. It tells the next start what it needs to know, without
  // parsing the certificate.
  const cert = await metadataComment(authority.cert, leaf.cert, names) + leaf.cert;
  await writePair(directory, LEAF, { cert, key: leaf.key });
  return { cert, key: leaf.key };
}

/** The leaf in the directory, if it needs no renewal; else null. */
async function loadValidLeaf(
  directory: string,
  names: string[],
  now: Date,
): Promise<Identity | null> {
  const leaf = await loadValidPair(directory, LEAF, now);
  const authority = await loadValidPair(directory, AUTHORITY, now);
  // A leaf has the authority's key. A leaf of an early version has another one.
  if (leaf === null || authority === null || leaf.key !== authority.key) return null;
  const cert = leaf.cert.slice(leaf.cert.indexOf("-----BEGIN"));
  return leaf.cert === await metadataComment(authority.cert, cert, names) + cert ? leaf : null;
}

/** The names of a leaf, and a checksum over the authority and the leaf. */
async function metadataComment(authority: string, leaf: string, names: string[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(authority + leaf));
  const checksum = new Uint8Array(digest).toHex().slice(0, 32);
  return `for ${names.toSorted().join(" ")}\nsealed ${checksum}\n`;
}

/** A pair in the directory, if it belongs together and stays valid; its key is made private. */
async function loadValidPair(directory: string, files: Files, now: Date): Promise<Identity | null> {
  const keyPath = `${directory}/${files.key}`;
  try {
    const cert = await Deno.readTextFile(`${directory}/${files.cert}`);
    const key = await Deno.readTextFile(keyPath);
    const certificate = new X509Certificate(cert);
    const soon = new Date(now.getTime() + RENEW_BEFORE_MS);
    if (problemOf(certificate, now) ?? problemOf(certificate, soon)) return null;
    if (!isKeyOf(cert, createPrivateKey(key))) return null;
    const { mode } = await Deno.stat(keyPath);
    if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(keyPath, 0o600);
    return { cert, key };
  } catch {
    return null; // missing or damaged
  }
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

async function writePair(directory: string, files: Files, pair: Identity): Promise<void> {
  await write(`${directory}/${files.key}`, pair.key, 0o600);
  await write(`${directory}/${files.cert}`, pair.cert, 0o644);
}

/** Writes a file as a whole or not at all. Other users can never read it, not for a moment. */
export async function write(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await Deno.writeTextFile(temporary, text, { mode, createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // it may not be there
    throw error;
  }
}
