/**
 * The step before binding and connecting: the system has to give us a socket.
 *
 * @module
 */
import { Failure, type FailureKind } from "../failure.ts";

/** What the system says when there is no socket to be had, the same on Linux and macOS. */
const REFUSALS: [RegExp, why: string, hint: string][] = [
  [/too many open files/i, "too many files are open", "raise the limit: ulimit -n"],
  [/address family not supported/i, "this machine lacks that kind of address", "use another HOST"],
  [/no buffer space/i, "the system is out of memory for sockets", "close other programs"],
];

/** The failure of creating a socket for `hostname`, or null if `cause` is another step's. */
export function socketFailure(
  kind: FailureKind,
  hostname: string,
  cause: unknown,
): Failure | null {
  const text = cause instanceof Error ? cause.message : "";
  const [, why, hint] = REFUSALS.find(([pattern]) => pattern.test(text)) ?? [];
  if (why === undefined || hint === undefined) return null;
  return new Failure(kind, { what: `cannot create a socket for ${hostname}`, why, hint, cause });
}
