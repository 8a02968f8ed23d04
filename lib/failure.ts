/**
 * The one error a user meets: what was being done, to what, what went wrong, what to try.
 * Everything that can be foreseen to go wrong is thrown as a `Failure`; anything else is a bug.
 *
 * @module
 */

/**
 * What kind of failure it was; `cli/exit.ts` gives each its exit code.
 *
 * - `usage`: what was typed cannot be meant
 * - `failed`: it went wrong while running
 * - `unreachable`: no connection came about
 * - `lost`: a connection that stood has ended before its time
 * - `untrusted`: the server's certificate is not trusted
 * - `mismatch`: what came back is not what was sent
 */
export type FailureKind =
  | "usage"
  | "failed"
  | "unreachable"
  | "lost"
  | "untrusted"
  | "mismatch";

/** The sentence of a failure, in its parts; none ends with a stop. */
export interface FailureParts {
  /** What could not be done, to what: `cannot connect to "localhost" port 12345`. */
  what: string;
  /** What went wrong: `connection refused`. */
  why: string;
  /** What to try: `start the server first`. */
  hint?: string;
  /** The error underneath, shown with `ECHO_DEBUG=1`. */
  cause?: unknown;
}

/** A failure that a person can act on. Its message is one line. */
export class Failure extends Error {
  /** Names the class where a stack is shown. */
  override readonly name = "Failure";
  /** Decides the exit code. */
  readonly kind: FailureKind;
  /** What to try, if there is something to try. */
  readonly hint: string | undefined;

  /** Builds the message `what: why`; the hint is kept apart so that it can be shown last. */
  constructor(kind: FailureKind, { what, why, hint, cause }: FailureParts) {
    super(`${what}: ${why}`, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.hint = hint;
  }
}

/**
 * What the system says of an error, as part of a sentence: without its number, and beginning in
 * lower case.
 */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const said = text.replace(/ \(os error.*/s, "");
  return said.charAt(0).toLowerCase() + said.slice(1);
}
