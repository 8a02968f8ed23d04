/**
 * What was not on the command line, from standard input (002).
 *
 * @module
 */
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { Failure, reasonOf } from "../failure.ts";
import { safeText } from "../text/escape.ts";
import { recvLine } from "../wire/line.ts";
import type { ByteReader } from "../wire/reader.ts";

/** No host and no port is longer, in bytes. */
const MAX_LINE_BYTES = 1024;

/**
 * Asks for `what` and returns what `read` makes of the answer. A person who answers wrong is told
 * why and asked again; from a pipe a wrong answer is the `Failure` that `read` throws.
 */
export async function promptFor<T>(
  what: string,
  read: (text: string) => T,
  stdin: ByteReader,
  screen: Screen,
): Promise<T> {
  for (;;) {
    if (stdinIsTerminal()) screen.writeDiagnostic(`${what}: `);
    const line = await recvLine(stdin, MAX_LINE_BYTES).catch((error: Error) => {
      throw new Failure("usage", { what: `cannot read ${what}`, why: reasonOf(error) });
    });
    if (line === null) {
      const hint = "give it on the command line, or on standard input";
      throw new Failure("usage", { what: "cannot start", why: `${what} is missing`, hint });
    }
    try {
      return read(new TextDecoder().decode(line).trim());
    } catch (error) {
      if (!stdinIsTerminal() || !(error instanceof Failure)) throw error;
      screen.printDiagnostic(`echo: ${safeText(error.message)}`);
    }
  }
}
