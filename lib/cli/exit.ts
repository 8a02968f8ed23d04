/**
 * Exit codes, and the output for a failure.
 *
 * @module
 */
import type { Screen } from "../console/screen.ts";
import { Failure, type FailureKind } from "../failure.ts";
import { safeText } from "../text/escape.ts";

/** All exit codes, the same for every command, with their texts in `--help`. */
export const EXIT_CODES = {
  0: "done",
  1: "failed while running",
  2: "wrong usage",
  3: "could not connect, or the connection was lost",
  4: "the server's certificate is not trusted",
  5: "the echo is not what was sent",
  6: "check: a case has failed",
  130: "interrupted twice",
} as const;

/** An exit code. */
export type ExitCode = keyof typeof EXIT_CODES;

/** Interrupted twice: 128 and the number of SIGINT, as in shells. */
export const INTERRUPTED: ExitCode = 130;

const CODE_OF: Record<FailureKind, ExitCode> = {
  usage: 2,
  failed: 1,
  unreachable: 3,
  lost: 3,
  untrusted: 4,
  mismatch: 5,
};

/** Prints an error in one line, and returns its exit code. */
export async function report(error: unknown, screen: Screen): Promise<ExitCode> {
  const debug = Deno.env.get("ECHO_DEBUG") === "1";
  if (error instanceof Failure) {
    const hint = error.hint === undefined ? "" : `; ${error.hint}`;
    await screen.printDiagnostic(`echo: ${safeText(error.message + hint)}`);
    if (debug) await screen.printDiagnostic(traceOf(error));
    return CODE_OF[error.kind];
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const hint = "this is a bug in echo: report it with the output of ECHO_DEBUG=1";
  await screen.printDiagnostic(`echo: ${safeText(text)}; ${hint}`);
  if (debug) await screen.printDiagnostic(traceOf(error));
  return 1;
}

/** The stack of an error, line by line. Its message may be from outside, and stays on one line. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return safeText(String(error));
  const { message, stack = message, cause } = error;
  const trace = stack.replace(message, () => safeText(message)).split("\n").map(safeText);
  return cause === undefined
    ? trace.join("\n")
    : `${trace.join("\n")}\ncaused by ${traceOf(cause)}`;
}
