/**
 * The servers that were trusted on first use, one line each: address, fingerprint, and an authority
 * with that key, which verifies it (lib/certs/fingerprint.ts).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { anchorFor, fingerprintOf } from "./fingerprint.ts";
import { derOf } from "./pem.ts";
import { readFileText } from "./read_file.ts";
import { locked, write } from "./store.ts";

/** A known server. */
export interface KnownHost {
  /** The fingerprint of its key. */
  fingerprint: string;
  /** The authority that verifies its certificate, PEM. */
  anchor: string;
}

/**
 * The entry of the server at `address` (`[::1]:12345`) in `file`, or null. Throws a `Failure` of
 * kind `failed` when the file cannot be read, or when that entry is damaged.
 */
export async function findHost(file: string, address: string): Promise<KnownHost | null> {
  const lines = await linesOf(file);
  const index = lines.findLastIndex((line) => isOf(line, address));
  if (index < 0) return null;
  const [, fingerprint, base64 = ""] = lines[index]!.split(" ");
  try {
    const der = Buffer.from(base64, "base64");
    if (fingerprintOf(der) === fingerprint) return { fingerprint, anchor: anchorFor(der) };
  } catch {
    // The failure is below.
  }
  throw new Failure("failed", {
    what: `cannot use "${file}"`,
    why: `line ${index + 1} is damaged`,
    hint: "delete that line; the next connection asks about the key again",
  });
}

/**
 * Stores the key of `certificate`, DER, as that of the server at `address`; it replaces an older
 * entry. Throws a `Failure` of kind `failed` when the file cannot be written.
 */
export async function keepHost(
  file: string,
  address: string,
  certificate: Uint8Array,
): Promise<void> {
  const anchor = derOf(anchorFor(certificate)).toString("base64");
  const line = `${address.toLowerCase()} ${fingerprintOf(certificate)} ${anchor}`;
  await change(file, (lines) => [...lines.filter((it) => !isOf(it, address)), line]);
}

/** Removes the server at `address`; returns whether it was known. Throws as `keepHost` does. */
export async function forgetHost(file: string, address: string): Promise<boolean> {
  const lines = await linesOf(file);
  if (!lines.some((line) => isOf(line, address))) return false;
  await change(file, (lines) => lines.filter((line) => !isOf(line, address)));
  return true;
}

function isOf(line: string, address: string): boolean {
  return line.split(" ", 1)[0] === address.toLowerCase();
}

/** All lines, also empty ones: a person counts these too. */
async function linesOf(file: string): Promise<string[]> {
  try {
    return (await readFileText(file)).trimEnd().split("\n");
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return [];
    throw unusable("read", file, error, "make it a file that you may read");
  }
}

async function change(file: string, edit: (lines: string[]) => string[]): Promise<void> {
  try {
    await locked(dirname(file), async () => {
      const lines = edit((await linesOf(file)).filter((line) => line !== ""));
      await write(file, lines.map((line) => `${line}\n`).join(""), 0o600);
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unusable("write", file, error, "make its directory writable");
  }
}

function unusable(act: string, file: string, cause: unknown, hint: string): Failure {
  const what = `cannot ${act} "${file}"`;
  return new Failure("failed", { what, why: reasonOf(cause), hint, cause });
}
