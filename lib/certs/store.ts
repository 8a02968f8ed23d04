/**
 * The certificates that we make ourselves, and where they lie.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { Failure, reasonOf } from "../failure.ts";
import { type Identity, isKeyOf, problemOf } from "./pem.ts";

/** A certificate is renewed this long before it expires, in milliseconds: 30 days. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** Where a pair lies in the directory. */
interface Files {
  cert: string;
  key: string;
}

const AUTHORITY: Files = { cert: "ca.pem", key: "ca-key.pem" };
const LEAF: Files = { cert: "server.pem", key: "server-key.pem" };

/**
 * The server's own certificate and key, from `directory`. What is missing, damaged, about to expire
 * or not for all of `names` is made anew; the authority stays as long as it is good, since clients
 * trust it. Throws a `Failure` of kind `failed` when the directory cannot be written.
 */
export async function loadOrCreateIdentity(
  directory: string,
  names: string[],
  now: Date = new Date(),
): Promise<Identity> {
  const good = await loadValidLeaf(directory, names, now);
  if (good !== null) return good;
  // Many servers may start at once: one makes the certificates, the others find them made.
  return await withStoreErrors(directory, async () =>
    await loadValidLeaf(directory, names, now) ??
      await renew(directory, await loadValidPair(directory, AUTHORITY, now), names, now));
}

/**
 * Another authority, with another key, and its certificate for `names`, in place of what lies in
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
      hint: "make it writable, or bring your own with --cert and --key",
      cause: error,
    });
  }
}

/** Does `work` in `directory`, which is made if need be, while nobody else does any there. */
export async function locked<T>(directory: string, work: () => Promise<T>): Promise<T> {
  // Who may write here may replace the keys: not everybody, even where the umask is 0.
  await Deno.mkdir(directory, { recursive: true, mode: 0o755 });
  using lock = await Deno.open(`${directory}/.lock`, { create: true, write: true });
  await lock.lock(true);
  return await work();
}

/**
 * The authority that signs the server's own certificates, in PEM; null where there is none yet.
 * Throws a `Failure` of kind `failed` when it is there and cannot be used.
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
    hint: "delete it, start the server once, and it will be made anew",
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
  // Text before a PEM block is a comment: ours says what the next start has to know, without
  // taking the certificate apart.
  const cert = await metadataComment(authority.cert, leaf.cert, names) + leaf.cert;
  await writePair(directory, LEAF, { cert, key: leaf.key });
  return { cert, key: leaf.key };
}

/** The leaf as it lies there, if nothing has to be done about it. */
async function loadValidLeaf(
  directory: string,
  names: string[],
  now: Date,
): Promise<Identity | null> {
  const leaf = await loadValidPair(directory, LEAF, now);
  const authority = await loadValidPair(directory, AUTHORITY, now);
  // A leaf has the authority's key; one that an echo of before has made has not.
  if (leaf === null || authority === null || leaf.key !== authority.key) return null;
  const cert = leaf.cert.slice(leaf.cert.indexOf("-----BEGIN"));
  return leaf.cert === await metadataComment(authority.cert, cert, names) + cert ? leaf : null;
}

/** For whom a leaf is, and a seal: it breaks when the leaf is damaged or the authority another. */
async function metadataComment(authority: string, leaf: string, names: string[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(authority + leaf));
  const seal = new Uint8Array(digest).toHex().slice(0, 32);
  return `for ${names.toSorted().join(" ")}\nsealed ${seal}\n`;
}

/** A pair as it lies there, if it belongs together and is good for a while; its key made private. */
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

/** Whole or not at all, and never readable by others for a moment. */
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
