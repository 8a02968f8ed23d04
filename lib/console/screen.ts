/**
 * The only writer to standard output and standard error. Its rules:
 *
 * - Data goes to standard output, diagnostics to standard error, each in whole lines.
 * - Printing never blocks on a slow terminal. A returned promise tells that too much waits.
 * - While a person types, new lines appear above the prompt, and prompt and typed text stay whole.
 * - When the reader of the output has closed it, nothing is written any more, and `broken` settles.
 *
 * @module
 */
import { writeAll } from "../std.ts";
import { Batch } from "../text/batch.ts";
import type { LineBuffer } from "../text/line_buffer.ts";

/** How much may wait to be written, in bytes, before printing returns a promise. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** A prompt with the line that is being typed. */
export interface Prompt {
  /** Removes it from the screen. */
  hide(): void;
  /** Shows it again. */
  show(): void;
}

/** The terminal, or the files and pipes in its place. */
export class Screen {
  readonly #out: Batch;
  readonly #err: Batch;
  readonly #broken = Promise.withResolvers<Error>();
  #error: Error | null = null;
  #prompt: Prompt | null = null;

  /** Writes to the standard output and standard error of the process. */
  constructor() {
    this.#out = new Batch((bytes) => this.#write(bytes), { delay: 0, limit: MAX_PENDING_BYTES });
    this.#err = new Batch((bytes) => writeAll(Deno.stderr, bytes), {
      delay: 0,
      limit: MAX_PENDING_BYTES,
    });
  }

  /** Whether standard output is a terminal, which can show a prompt. */
  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** Whether standard error is a terminal, which can show progress. */
  get hasTerminalForDiagnostics(): boolean {
    return Deno.stderr.isTerminal();
  }

  /** Settles with the error when standard output cannot be written any more. */
  get broken(): Promise<Error> {
    return this.#broken.promise;
  }

  /** The error since which standard output cannot be written, or null. */
  get error(): Error | null {
    return this.#error;
  }

  /** Prints data: one or more lines, without the end of the last one. */
  print(lines: string): void | Promise<void> {
    this.#prompt?.hide();
    const full = this.#out.add(lines + "\n");
    this.#prompt?.show();
    return full;
  }

  /** Prints the whole lines that `put` puts. */
  printWith(put: (lines: LineBuffer) => void): void | Promise<void> {
    this.#prompt?.hide();
    const full = this.#out.addWith(put);
    this.#prompt?.show();
    return full;
  }

  /** Prints a diagnostic to standard error. */
  printDiagnostic(lines: string): void | Promise<void> {
    // On the terminal of a prompt it goes above the prompt too, in order with the data.
    if (this.#prompt !== null && Deno.stderr.isTerminal()) return this.print(lines);
    return this.#err.add(lines + "\n");
  }

  /** Writes to standard error without a line end: a question, or a progress bar. */
  writeDiagnostic(text: string): void {
    this.#err.add(text);
  }

  /** Writes the text of a line editor as it is. */
  write(text: string): void {
    this.#out.add(text);
  }

  /** Keeps `prompt` below all lines from now on; null: there is no prompt any more. */
  setPrompt(prompt: Prompt | null): void {
    this.#prompt = prompt;
  }

  /** Settles when all output is written. */
  async flush(): Promise<void> {
    await this.#out.flush();
    await this.#err.flush();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(Deno.stdout, bytes);
    } catch (error) {
      this.#error = error as Error;
      this.#broken.resolve(this.#error);
      throw error;
    }
  }
}
