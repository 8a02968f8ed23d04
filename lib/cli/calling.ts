/**
 * How this program was called, so that a command that it prints runs when it is pasted. Never plain
 * `echo`, which is the shell's own.
 *
 * @module
 */
import { join, relative } from "node:path";

/** The commands that have a task of their own in deno.json. */
const TASKS = ["server", "client", "cert", "top", "ping", "demo-udp"];

/** The words that call a command of this program: `deno task client`, `./dist/echo client`. */
export function callOf(command: string): string {
  if (Deno.build.standalone) return `${executable()} ${command}`;
  if (isInstalled()) return `netecho ${command}`;
  return TASKS.includes(command) ? `deno task ${command}` : `deno task echo ${command}`;
}

/** The compiled program, from the working directory where it is below it. */
function executable(): string {
  const path = Deno.execPath();
  const below = relative(Deno.cwd(), path);
  return quoted(below.startsWith("..") ? path : `./${below}`);
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Whether `deno task install` has made a command for this checkout, and no task runs it now. */
function isInstalled(): boolean {
  try {
    if (Deno.env.has("INIT_CWD")) return false; // set by `deno task`
    const home = Deno.env.get("HOME");
    if (home === undefined) return false;
    const shim = Deno.readTextFileSync(join(home, ".deno", "bin", "netecho"));
    return shim.includes(join(import.meta.dirname!, "..", "..", "main.ts"));
  } catch {
    return false; // not there, or not permitted
  }
}
