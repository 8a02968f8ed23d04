/**
 * The files and directories of this program.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import { Failure } from "../failure.ts";

/**
 * The directory of the certificates that echo makes itself: `certs/` beside deno.json when run from
 * source, `$XDG_DATA_HOME/echo` (`~/.local/share/echo`) when compiled. Throws a `Failure` of kind
 * `failed` where there is none.
 */
export function certsDirectory(): string {
  const directory = findCertsDirectory();
  if (directory !== null) return directory;
  throw new Failure("failed", {
    what: "cannot keep certificates",
    why: "HOME is not set, and neither is XDG_DATA_HOME",
    hint: "set one of them to an absolute path, or use your own with --cert and --key",
  });
}

/** The same directory, or null where there is none. */
export function findCertsDirectory(): string | null {
  if (!Deno.build.standalone) return join(import.meta.dirname!, "..", "..", "certs");
  return dataDirectory();
}

/**
 * The servers that were trusted on first use: `known_hosts` in `$XDG_DATA_HOME/echo`; null where
 * there is no such directory.
 */
export function knownHostsFile(): string | null {
  const directory = dataDirectory();
  return directory && `${directory}/known_hosts`;
}

/**
 * As the XDG Base Directory Specification says: a relative path is ignored. A file in the working
 * directory could be of another user.
 */
function dataDirectory(): string | null {
  const data = Deno.env.get("XDG_DATA_HOME") ?? "";
  if (isAbsolute(data)) return `${data}/echo`;
  const home = Deno.env.get("HOME") ?? "";
  return isAbsolute(home) ? `${home}/.local/share/echo` : null;
}
