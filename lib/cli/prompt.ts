/**
 * Arguments that are missing on the command line, from standard input (002).
 *
 * @module
 */
import { editLines, type LineEditor, stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { Failure, reasonOf } from "../failure.ts";
import { safeText } from "../text/escape.ts";
import type { ByteReader } from "../wire/reader.ts";
import { readAnswer } from "./answers.ts";
import { onTerminalStop, type Shutdown } from "./shutdown.ts";

/** What a prompt asks, and where. */
export interface PromptOptions<T> {
  /** The name of the argument: `HOST`. */
  what: string;
  /** Parses an answer. Throws a `Failure` that says what is wrong with it. */
  parse: (text: string) => T;
  /** The source of answers. */
  stdin: ByteReader;
  /** The place of the question. */
  screen: Screen;
}

/** A line editor at the terminal; Ctrl-C requests the end. TERM=dumb has no cursor to move. */
export function openEditor(
  screen: Screen,
  prompt: string,
  shutdown: Shutdown,
): Promise<LineEditor> {
  const hasCursor = Deno.env.get("TERM") !== "dumb";
  return editLines({ screen, prompt, hasCursor, onInterrupt: () => shutdown.request() });
}

/**
 * Asks for an argument. On a terminal a wrong answer is explained, and the question repeated. From a
 * pipe it is the `Failure` that `parse` throws.
 */
export async function promptFor<T>(options: PromptOptions<T>): Promise<T> {
  const { what, parse, stdin, screen } = options;
  // Stopped in the job of `deno task`, which goes on, it would take the terminal with it.
  using _ = stdinIsTerminal() ? onTerminalStop(() => {}) : null;
  for (;;) {
    if (stdinIsTerminal()) screen.writeDiagnostic(`${what}: `);
    const answer = await readAnswer(stdin).catch((error: Error) => {
      if (error instanceof Failure) throw error;
      throw new Failure("usage", { what: `cannot read ${what}`, why: reasonOf(error) });
    });
    if (answer === null) {
      const hint = "give it on the command line, or on standard input";
      throw new Failure("usage", { what: "cannot start", why: `${what} is missing`, hint });
    }
    try {
      return parse(answer);
    } catch (error) {
      if (!stdinIsTerminal() || !(error instanceof Failure)) throw error;
      screen.printDiagnostic(`echo: ${safeText(error.message)}`);
    }
  }
}
