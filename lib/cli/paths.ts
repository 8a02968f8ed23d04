/**
 * The files and directories of this program.
 *
 * @module
 */
import { join } from "node:path";

/**
 * The directory of the certificates that echo makes itself: `certs/` beside deno.json when run from
 * source, `$XDG_DATA_HOME/echo` (`~/.local/share/echo`) when compiled.
 */
export function certsDirectory(): string {
  if (!Deno.build.standalone) return join(import.meta.dirname!, "..", "..", "certs");
  return dataDirectory();
}

/** The servers that were trusted on first use: `known_hosts` in `$XDG_DATA_HOME/echo`. */
export function knownHostsFile(): string {
  return `${dataDirectory()}/known_hosts`;
}

function dataDirectory(): string {
  const data = Deno.env.get("XDG_DATA_HOME") || `${Deno.env.get("HOME") ?? "."}/.local/share`;
  return `${data}/echo`;
}
