/**
 * The certificates that this program makes, and their directory.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { delay } from "../std.ts";
import type { OldAuthority } from "./authority.ts";
import { type Identity, isKeyOf, problemOf } from "./pem.ts";
import { readFileText } from "./read_file.ts";

/** A certificate is renewed this long before it expires, in milliseconds: 30 days. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

/** How long another process may work in a directory, in milliseconds: it makes two certificates. */
const LOCK_TIMEOUT_MS = 5_000;

/** The files of a pair in the directory. */
interface Files {
  cert: string;
  key: string;
}

const AUTHORITY: Files = { cert: "ca.pem", key: "ca-key.pem" };
const LEAF: Files = { cert: "server.pem", key: "server-key.pem" };

/** What a person at the server should know, in one sentence. */
export type OnProblem = (problem: string) => void;

/**
 * The server's certificate and key from `directory`. A leaf that is missing, damaged, about to
 * expire or not for all of `names` is renewed. The key stays as long as it can be read, also where
 * the clock or a damaged file makes a new authority necessary, since clients know it. Where the
 * directory cannot be written, a leaf that is still valid is used. Throws a `Failure` of kind
 * `failed` when there is none.
 */
export async function loadOrCreateIdentity(
  directory: string,
  names: string[],
  now: Date = new Date(),
  onProblem: OnProblem = () => {},
): Promise<Identity> {
  const valid = await loadValidLeaf(directory, names, now);
  if (valid !== null) return valid;
  try {
    // Many servers may start at once: one makes the certificates, the others find them.
    return await withStoreErrors(
      directory,
      async () =>
        await loadValidLeaf(directory, names, now) ??
          await renew({ directory, names, now, onProblem }),
    );
  } catch (error) {
    const old = await loadPair(directory, LEAF, now);
    if (old === null || !(error instanceof Failure)) throw error;
    onProblem(`${error.message}; the old certificate stays in use`);
    return old;
  }
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
  return await withStoreErrors(directory, () => create(directory, { names, now }));
}

async function withStoreErrors(
  directory: string,
  work: () => Promise<Identity>,
): Promise<Identity> {
  try {
    return await locked(directory, work);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("failed", {
      what: `cannot keep certificates in "${directory}"`,
      why: reasonOf(error),
      hint: "make it writable, or use your own with --cert and --key",
      cause: error,
    });
  }
}

/**
 * Does `work` in `directory`, which is created if needed, while no other process works there. Throws
 * a `Failure` of kind `failed` when another one does not end in time.
 */
export async function locked<T>(directory: string, work: () => Promise<T>): Promise<T> {
  // Writers of the directory can replace the keys, so only its owner may write, whatever the umask.
  await Deno.mkdir(directory, { recursive: true, mode: 0o755 });
  using lock = await Deno.open(`${directory}/.lock`, { create: true, write: true });
  const locking = lock.lock(true);
  const done = new AbortController();
  const late = delay(LOCK_TIMEOUT_MS, { signal: done.signal }).then(() => {
    throw lockedByOther(directory);
  });
  late.catch(() => {}); // aborted
  await Promise.race([locking, late]);
  done.abort();
  return await work();
}

function lockedByOther(directory: string): Failure {
  return new Failure("failed", {
    what: `cannot use "${directory}"`,
    why: `another process has held "${directory}/.lock" for ${LOCK_TIMEOUT_MS / 1000} s`,
    hint: "end that process; fuser shows which one it is",
  });
}

/**
 * The authority that signs this machine's certificates, PEM; null where there is none yet. Throws a
 * `Failure` of kind `failed` when it exists and cannot be used.
 */
export async function localAuthority(directory: string): Promise<string | null> {
  const path = `${directory}/${AUTHORITY.cert}`;
  const what = `cannot use the authority "${path}"`;
  try {
    const pem = await readFileText(path);
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

/** What a renewal is made of. */
interface Renewal {
  directory: string;
  names: string[];
  now: Date;
  onProblem: OnProblem;
}

/** A new leaf, and a new authority where the old one cannot be used. */
async function renew({ directory, names, now, onProblem }: Renewal): Promise<Identity> {
  const authority = await loadValidPair(directory, AUTHORITY, now);
  if (authority !== null) return await sign(directory, authority, { names, now });
  const name = await subjectOf(`${directory}/${AUTHORITY.cert}`);
  for (const file of [AUTHORITY.key, LEAF.key]) { // both have the same key
    try {
      const key = await readFileText(`${directory}/${file}`);
      return await create(directory, { names, now, old: { key, ...name } });
    } catch {
      // It is missing or damaged.
    }
  }
  const isFirst = !await exists(`${directory}/${AUTHORITY.cert}`);
  const identity = await create(directory, { names, now });
  if (!isFirst) {
    onProblem(
      `the key in "${directory}" could not be read, so there is a new one: ` +
        "clients that know the old one have to trust it anew",
    );
  }
  return identity;
}

/** The name of an authority as a property, so that copies of its certificate stay of use. */
async function subjectOf(path: string): Promise<{ name?: string }> {
  try {
    return { name: new X509Certificate(await readFileText(path)).subject };
  } catch {
    return {}; // missing or damaged
  }
}

/** A new authority, which keeps what `old` has, and a leaf. */
async function create(
  directory: string,
  { old = {}, ...leaf }: { names: string[]; now: Date; old?: OldAuthority },
): Promise<Identity> {
  const { makeAuthority } = await import("./authority.ts");
  const authority = await makeAuthority(leaf.now, old);
  await writePair(directory, AUTHORITY, authority);
  return await sign(directory, authority, leaf);
}

async function sign(
  directory: string,
  authority: Identity,
  { names, now }: { names: string[]; now: Date },
): Promise<Identity> {
  const { makeLeaf } = await import("./authority.ts");
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
  const pair = await loadPair(directory, files, now);
  const soon = new Date(now.getTime() + RENEW_BEFORE_MS);
  return pair !== null && problemOf(new X509Certificate(pair.cert), soon) === null ? pair : null;
}

/** A pair in the directory, if it belongs together and is valid now; its key is made private. */
async function loadPair(directory: string, files: Files, now: Date): Promise<Identity | null> {
  const keyPath = `${directory}/${files.key}`;
  try {
    const cert = await readFileText(`${directory}/${files.cert}`);
    const key = await readFileText(keyPath);
    if (problemOf(new X509Certificate(cert), now) !== null) return null;
    if (!isKeyOf(cert, createPrivateKey(key))) return null;
    const { mode } = await Deno.stat(keyPath);
    if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(keyPath, 0o600).catch(() => {});
    return { cert, key };
  } catch {
    return null; // missing or damaged
  }
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
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

/**
 * Writes a file as a whole or not at all. Other users can never read it, not for a moment. A link is
 * followed: the file that it names is written, and it stays a link.
 */
export async function write(path: string, text: string, mode: number): Promise<void> {
  const target = await targetOf(path);
  const temporary = `${target}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    await Deno.writeTextFile(temporary, text, { mode, createNew: true });
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // it may not be there
    throw error;
  }
}

/** How many links lead to a file at most, as on Linux. */
const MAX_LINKS = 40;

/** The path of the file that a link names, also by other links, and where there is no file yet. */
async function targetOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    let target = path;
    for (let links = 0; links < MAX_LINKS; links++) {
      const link = await Deno.readLink(target).catch(() => null);
      if (link === null) break;
      target = resolve(dirname(target), link);
    }
    return target;
  }
}
