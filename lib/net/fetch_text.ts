/**
 * A text over HTTP, for programs of our own.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";

/** The longest text that is taken, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The buffer for a usual one, in bytes. */
const FIRST_BYTES = 64 * 1024;

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
    // One buffer: a million pieces of a byte each would take more memory than what is in them.
    let bytes = new Uint8Array(FIRST_BYTES);
    let size = 0;
    for await (const piece of response.body ?? []) {
      if (size + piece.length > MAX_BYTES) throw new Error("the answer is too long");
      if (size + piece.length > bytes.length) {
        const larger = new Uint8Array(Math.max(2 * bytes.length, size + piece.length));
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(piece, size);
      size += piece.length;
    }
    const text = new TextDecoder().decode(bytes.subarray(0, size));
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
