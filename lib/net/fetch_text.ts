/**
 * A text over HTTP, for programs of our own.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";

/** The longest text that is taken, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Gets a text within `timeout` milliseconds, or until `signal` is aborted. Throws a `Failure` of kind
 * `unreachable` that names the URL, also for any status but 200.
 */
export async function fetchText(
  url: string,
  timeout: number,
  signal: AbortSignal,
): Promise<string> {
  const what = `cannot get ${url}`;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const response = await fetch(url, { signal: ended, redirect: "error" });
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body ?? []) {
      size += piece.length;
      if (size > MAX_BYTES) throw new Error("the answer is too long");
      pieces.push(piece);
    }
    const text = await new Blob(pieces as BlobPart[]).text();
    if (response.status === 200) return text;
    throw new Error(`it answers with status ${response.status}: ${text.split("\n")[0]}`);
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    const why = isLate ? `no answer within ${timeout / 1000} s` : causeOf(error);
    const hint = "give the port that the server has for --admin";
    throw new Failure("unreachable", { what, why, hint, cause: error });
  }
}

/** Why fetch has failed is at the end of a long text: in the cause, or before Deno 2.9 in the error. */
function causeOf(error: unknown): string {
  if (!(error instanceof TypeError)) return reasonOf(error);
  const last = reasonOf(error.cause instanceof Error ? error.cause : error).split(": ").at(-1)!;
  return last.charAt(0).toLowerCase() + last.slice(1);
}
