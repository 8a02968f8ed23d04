/**
 * The failures of a client, in words for people.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { WireError } from "../wire/errors.ts";
import { commonLength, diagnose, quoted, type WrongEcho } from "./diagnosis.ts";

/** A difference within so many bytes is shown with all that is before it. */
const SHOWN_FROM_START = 20;

/** The failure of a message that cannot be sent as it is. */
export function unsendable(why: string, hint: string): Failure {
  return new Failure("usage", { what: "cannot send the message", why, hint });
}

/** Makes the failures of one connection. */
export class ClientFailures {
  readonly #server: string;
  readonly #timeout: number;

  /** Of a connection to `server`, which may take `timeout` milliseconds for each response. */
  constructor(server: string, timeout: number) {
    this.#server = server;
    this.#timeout = timeout;
  }

  /** What an error while reading means; `inFlight` messages have not come back. */
  of(error: unknown, inFlight: number): Failure {
    if (error instanceof Failure) return error;
    if (error instanceof WireError) return this.lost(error.message, inFlight, { cause: error });
    if (error instanceof Deno.errors.UnexpectedEof) {
      return this.lost("the server left without saying goodbye", inFlight, { cause: error });
    }
    return this.lost(reasonOf(error), inFlight, { cause: error });
  }

  /** The connection is over too early. */
  lost(why: string, inFlight: number, more: { hint?: string; cause?: unknown } = {}): Failure {
    const what = `lost the connection to ${this.#server}`;
    const missing = inFlight === 0 ? "" : `, ${countOf(inFlight, "message")} not echoed`;
    return new Failure("lost", { what, why: why + missing, ...more });
  }

  /** The server does not answer in time; `answered` tells whether it has ever sent a byte. */
  timeout(inFlight: number, messages: number, answered: boolean): Failure {
    const seconds = `${this.#timeout / 1000} s`;
    if (inFlight === 0 && messages > 0) {
      const came = messages === 1 ? "the message came back" : `all ${messages} messages came back`;
      const why = `${came}, but ${seconds} after the end of the input it had not closed`;
      const hint = "a server must close when the client ends: when its read returns no bytes";
      return this.lost(why, 0, { hint });
    }
    const hint = answered ? {} : { hint: "the server may be busy with another client" };
    return this.lost(`no answer for ${seconds}`, inFlight, hint);
  }

  /** The first bytes that came without TLS are a TLS alert. */
  needsTls(): Failure {
    const why = "it answers with a TLS alert, so it speaks TLS";
    const what = `cannot talk to ${this.#server}`;
    return new Failure("unreachable", { what, why, hint: "leave --plain out" });
  }

  /** A history comes after `quit`, and only then. */
  unaskedHistory(): Failure {
    return this.#mismatch("it sent a history that was not asked for");
  }

  /** Bytes came that are no right echo. `number` is that of the message that is due. */
  wrongEcho(number: number, echo: WrongEcho, isEnd: boolean): Failure {
    const { received, wanted, earlier } = echo;
    if (isTlsAlert(received)) return this.needsTls();
    const same = wanted === null ? 0 : commonLength(received, wanted);
    if (wanted !== null && same === received.length && isEnd && same < wanted.length) {
      const missing = `only the first ${same} of ${wanted.length} bytes of message ${number}`;
      const cause = diagnose(echo) ?? "reads only once, or only as much as its buffer holds";
      return this.#mismatch(`${missing} came back: it ${cause}`);
    }
    const mistake = diagnose(echo);
    const why = wanted === null
      ? `it sent ${countOf(received.length, "byte")} that nothing was sent for: ${quoted(received)}`
      : differenceOf(number, received, wanted, same);
    const isGreeting = earlier.length === 0 && (mistake === null || mistake.startsWith("puts "));
    const hint = isGreeting
      ? { hint: "if it is a greeting, or from another client, accept it with --broadcast" }
      : {};
    return this.#mismatch(mistake === null ? why : `${why}: it ${mistake}`, hint);
  }

  /** Message `number` did not come back; so many others came instead. */
  missingEcho(number: number, sent: Uint8Array, others: number): Failure {
    const came = `${countOf(others, "other message")} did`;
    return this.#mismatch(`message ${number}, ${quoted(sent)}, did not come back, ${came}`);
  }

  /** All echoes came, and more. */
  tooMuch(others: number): Failure {
    return this.#mismatch(`it sent ${countOf(others, "line")} that nothing was sent for`);
  }

  #mismatch(why: string, more: { hint?: string } = {}): Failure {
    return new Failure("mismatch", { what: `cannot rely on ${this.#server}`, why, ...more });
  }
}

/** How an echo differs from its message. */
function differenceOf(
  number: number,
  received: Uint8Array,
  wanted: Uint8Array,
  same: number,
): string {
  if (same === wanted.length) return `message ${number} came back as bytes, not as text`;
  const start = same > SHOWN_FROM_START ? same : 0;
  const place = start === 0 ? "" : ` from byte ${start + 1} on`;
  const [came, not] = [received.subarray(start), wanted.subarray(start)];
  return `message ${number} came back wrong${place}: ${quoted(came)}, not ${quoted(not)}`;
}

/**
 * Whether the first bytes of an answer are a TLS alert: its type, and the major version of all
 * records (RFC 8446, 5.1).
 */
export function isTlsAlert([type, version]: Uint8Array): boolean {
  return type === 21 && version === 3;
}

function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
