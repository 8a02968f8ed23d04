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
import { fstatSync } from "node:fs";
import { delay, type PartialWriter } from "../std.ts";
import { Batch } from "../text/batch.ts";
import type { LineBuffer } from "../text/line_buffer.ts";

/** How much may wait to be written, in bytes, before printing returns a promise. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** The system takes so many bytes for a pipe as a whole or not at all (POSIX; Linux and macOS). */
const PIPE_BUF = 4096;

const LF = 0x0a;

/** The pause before a full output is tried again, in milliseconds. */
const RETRY_MS = 10;

/** A prompt with the line that is being typed. */
export interface Prompt {
  /** Removes it from the screen. */
  hide(): void;
  /** Shows it again. */
  show(): void;
}

/** The terminal, or the files and pipes in its place. */
export class Screen {
  readonly #stdout = new Output(Deno.stdout, 1);
  readonly #stderr = new Output(Deno.stderr, 2);
  readonly #out: Batch;
  readonly #err: Batch;
  readonly #broken = Promise.withResolvers<Error>();
  #error: Error | null = null;
  #prompt: Prompt | null = null;

  /** Writes to the standard output and standard error of the process. */
  constructor() {
    this.#out = new Batch((bytes) => this.#write(bytes), { delay: 0, limit: MAX_PENDING_BYTES });
    this.#err = new Batch((bytes) => this.#stderr.write(bytes), {
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
      await this.#stdout.write(bytes);
    } catch (error) {
      this.#error = error as Error;
      this.#broken.resolve(this.#error);
      throw error;
    }
  }
}

/**
 * An output of the process. Another process that shares it can have made it non-blocking (O_NONBLOCK
 * is of the open file, not of a process): then it can be full for a moment, and is tried again. Deno
 * does not tell how much of a write was taken before that. So a pipe gets pieces that the system
 * takes as a whole or not at all.
 */
class Output {
  readonly #writer: PartialWriter;
  readonly #maxPiece: number;

  constructor(writer: PartialWriter, descriptor: number) {
    this.#writer = writer;
    this.#maxPiece = isRegularFile(descriptor) ? Infinity : PIPE_BUF;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const end = this.#endOfPiece(bytes, at);
      try {
        at += await this.#writer.write(bytes.subarray(at, end));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  /** After a whole line where one ends, since Deno keeps the rest of a line for the next write. */
  #endOfPiece(bytes: Uint8Array, from: number): number {
    if (bytes.length - from <= this.#maxPiece) return bytes.length;
    const end = bytes.lastIndexOf(LF, from + this.#maxPiece - 1) + 1;
    return end > from ? end : from + this.#maxPiece;
  }
}

/** Libraries that print what they think of a connection would print into our data. */
export function muteConsole(): void {
  console.log = () => {};
}

function isRegularFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return true; // not on this system
  }
}
