/**
 * The failures of a client, in words for people.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { WireError } from "../wire/errors.ts";

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
  of(error: unknown, isTimeout: boolean, inFlight: number): Failure {
    if (error instanceof Failure) return error;
    if (isTimeout) return this.lost(`no answer for ${this.#timeout / 1000} s`, inFlight, error);
    if (error instanceof WireError) return this.lost(error.message, inFlight, error);
    if (error instanceof Deno.errors.UnexpectedEof) {
      return this.lost("the server left without saying goodbye", inFlight, error);
    }
    return this.lost(reasonOf(error), inFlight, error);
  }

  /** The connection is over too early. */
  lost(why: string, inFlight: number, cause?: unknown): Failure {
    const what = `lost the connection to ${this.#server}`;
    const messages = `${inFlight} ${inFlight === 1 ? "message" : "messages"}`;
    const missing = inFlight === 0 ? "" : `, ${messages} not echoed`;
    return new Failure("lost", { what, why: why + missing, cause });
  }

  /** Something came back that was not sent. */
  unknownEcho(echo: Uint8Array): Failure {
    return this.#mismatch(`it echoed a message of ${echo.length} bytes that was not sent`);
  }

  /** Echo `number` is not what was sent. */
  differentEcho(number: number, sent: Uint8Array, echo: Uint8Array): Failure {
    return this.#mismatch(
      `echo ${number} has ${echo.length} bytes and is not message ${number} of ${sent.length} bytes`,
    );
  }

  /** Message `number` did not come back; so many lines came instead. */
  missingEcho(number: number, sent: Uint8Array, otherLines: number): Failure {
    const others = `${otherLines} other ${otherLines === 1 ? "line" : "lines"}`;
    return this.#mismatch(
      `message ${number} of ${sent.length} bytes did not come back, ${others} did`,
    );
  }

  #mismatch(why: string): Failure {
    return new Failure("mismatch", { what: `cannot rely on ${this.#server}`, why });
  }
}
