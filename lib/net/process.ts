/**
 * What the system can tell this process, and what it may do to it. Needs FFI.
 *
 * @module
 */
import { openLibc } from "./libc.ts";

const SIGUSR1 = Deno.build.os === "darwin" ? 30 : 10;

/** The value that stands for a signal that is ignored. */
const SIG_IGN = 1n;

/**
 * Ignores SIGUSR1, for which Deno opens its debugger to every user of the machine, also where it is
 * listened for. Without FFI nothing happens.
 */
export function ignoreDebuggerSignal(): void {
  openLibc()?.signal(SIGUSR1, SIG_IGN);
}

/**
 * Whether a shell has started this process as a job of its own, so that the shell notices when it
 * stops (Ctrl-Z). `deno task` and `npx` start it within their own job. Null where it is not known.
 */
export function isJobOfItsOwn(): boolean | null {
  const libc = openLibc();
  return libc && libc.getpgrp() === Deno.pid;
}

const PR_SET_CHILD_SUBREAPER = 36;

/**
 * From now on a process whose parent has ended becomes a child of this one, and not of the system's
 * first process: also one that has left its session. So none of them gets lost. Returns whether that
 * could be done; only Linux can.
 */
export function adoptOrphans(): boolean {
  const prctl = Deno.build.os === "linux" ? openLibc()?.prctl : null;
  return prctl?.(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
}
