/**
 * The one error that a user meets: what was being done, to what, what went wrong, what to try.
 * Every problem that can be foreseen is thrown as a `Failure`; any other error is a bug.
 *
 * @module
 */

/**
 * The kinds of failure; `cli/exit.ts` gives each its exit code.
 *
 * - `usage`: the command line is wrong
 * - `failed`: the command failed while running
 * - `unreachable`: no connection could be made
 * - `lost`: a connection ended too early
 * - `untrusted`: the server's certificate is not trusted
 * - `mismatch`: the echo is not what was sent
 */
export type FailureKind =
  | "usage"
  | "failed"
  | "unreachable"
  | "lost"
  | "untrusted"
  | "mismatch";

/** The parts of a failure's sentence; none ends with a full stop. */
export interface FailureParts {
  /** What could not be done, to what: `cannot connect to "localhost" port 12345`. */
  what: string;
  /** What went wrong: `connection refused`. */
  why: string;
  /** What to try: `start the server first`. */
  hint?: string;
  /** The original error, shown with `ECHO_DEBUG=1`. */
  cause?: unknown;
}

/** A failure that a person can act on. Its message is one line. */
export class Failure extends Error {
  /** Names the class where a stack is shown. */
  override readonly name = "Failure";
  /** The kind, which decides the exit code. */
  readonly kind: FailureKind;
  /** What to try, or undefined. */
  readonly hint: string | undefined;
  /** What it was made of, without the cause. */
  readonly parts: FailureParts;

  /** Makes the message `what: why`. The hint stays apart, since it is shown last. */
  constructor(kind: FailureKind, { what, why, hint, cause }: FailureParts) {
    super(`${what}: ${why}`, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.hint = hint;
    this.parts = { what, why, ...(hint === undefined ? {} : { hint }) };
  }
}

/**
 * The message of an error as part of a sentence: without the system's number, and in lower case at
 * its beginning.
 */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.replace(/ \(os error.*/s, "");
  return message.charAt(0).toLowerCase() + message.slice(1);
}
