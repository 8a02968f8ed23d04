/**
 * Errors of the step before binding and connecting: the system has no socket to give.
 *
 * @module
 */
import { Failure, type FailureKind } from "../failure.ts";

/** The texts of the system, the same on Linux and macOS, with our cause and hint. */
const SOCKET_ERRORS: [RegExp, why: string, hint: string][] = [
  [/too many open files/i, "too many files are open", "raise the limit: ulimit -n"],
  [/address family not supported/i, "this machine lacks that kind of address", "use another HOST"],
  [/no buffer space/i, "the system is out of memory for sockets", "close other programs"],
];

/** The failure to create a socket for `hostname`, or null if `cause` comes from a later step. */
export function socketFailure(
  kind: FailureKind,
  hostname: string,
  cause: unknown,
): Failure | null {
  const text = cause instanceof Error ? cause.message : "";
  const [, why, hint] = SOCKET_ERRORS.find(([pattern]) => pattern.test(text)) ?? [];
  if (why === undefined || hint === undefined) return null;
  return new Failure(kind, { what: `cannot create a socket for ${hostname}`, why, hint, cause });
}
