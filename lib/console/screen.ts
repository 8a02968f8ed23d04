/**
 * The only writer to standard output and standard error. Its rules:
 *
 * - Data goes to standard output, diagnostics to standard error, each in whole lines.
 * - Whoever prints never waits for a slow terminal; what piles up is bounded, and a promise says so.
 * - While a person types, a line appears above the prompt, and prompt and typed text stay whole.
 * - Where nobody reads any more, nothing is written any more, and `broken` says so.
 *
 * @module
 */
import { Batch } from "../text/batch.ts";

/** What may wait to be written, in bytes, before whoever prints is asked to wait. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** A line that is being typed. */
export interface Prompt {
  /** Takes it off the screen. */
  hide(): void;
  /** Puts it back. */
  show(): void;
}

/** The screen, or the files and pipes in its place. */
export class Screen {
  readonly #out: Batch;
  readonly #err: Batch;
  readonly #broken = Promise.withResolvers<Error>();
  #error: Error | null = null;
  #prompt: Prompt | null = null;

  /** Writes to the process's own standard output and standard error. */
  constructor() {
    this.#out = new Batch((bytes) => this.#write(bytes), { delay: 0, limit: MAX_PENDING_BYTES });
    this.#err = new Batch((bytes) => writeAll(Deno.stderr, bytes), {
      delay: 0,
      limit: MAX_PENDING_BYTES,
    });
  }

  /** Whether a person looks at standard output, and can be shown a prompt. */
  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** Whether a person looks at standard error, and can be shown how far something is. */
  get hasTerminalForDiagnostics(): boolean {
    return Deno.stderr.isTerminal();
  }

  /** Settles with the reason when standard output cannot be written any more. */
  get broken(): Promise<Error> {
    return this.#broken.promise;
  }

  /** Why standard output cannot be written any more, or null. */
  get error(): Error | null {
    return this.#error;
  }

  /** Shows data: one line or several, without the last line's end. */
  print(lines: string): void | Promise<void> {
    this.#prompt?.hide();
    const full = this.#out.add(lines + "\n");
    this.#prompt?.show();
    return full;
  }

  /** Shows a diagnostic. */
  printDiagnostic(lines: string): void | Promise<void> {
    // On the same terminal as a prompt it must go round the prompt too, in the same order.
    if (this.#prompt !== null && Deno.stderr.isTerminal()) return this.print(lines);
    return this.#err.add(lines + "\n");
  }

  /** Asks for a line, on the line where it will be typed. */
  writeDiagnostic(text: string): void {
    this.#err.add(text);
  }

  /** Writes text as it is: what a line editor shows of the line being typed. */
  write(text: string): void {
    this.#out.add(text);
  }

  /** Keeps `prompt` below all that is printed from now on; null when nobody types any more. */
  setPrompt(prompt: Prompt | null): void {
    this.#prompt = prompt;
  }

  /** Settles when all that was printed is out. */
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

async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}
