/**
 * The log file: lines are written in batches, and kept while they cannot be written.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import { concat } from "../std.ts";
import { Batch } from "../text/batch.ts";
import { safeText } from "../text/escape.ts";
import type { LineBuffer } from "../text/line_buffer.ts";

/** How long a line may wait to be written together with others, in milliseconds. */
const WRITE_DELAY_MS = 100;

/** How much may wait for a slow disk, and as much again for a full one, in bytes. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** The log holds private messages, so only its owner may read it. */
const MODE = 0o600;

const LF = 0x0a;
const LINE_END = new Uint8Array([LF]);
const NOTHING: Uint8Array = new Uint8Array();
const utf8 = new TextEncoder();

/**
 * A file to which lines are appended. It never throws. A problem is reported once; lines that cannot
 * be written are kept up to a bound, and tried again with every batch, also if the file is gone.
 * Dropped lines are counted, and a line in their place tells how many they were.
 */
export class LogFile {
  readonly #path: string;
  readonly #onProblem: (problem: string) => void;
  readonly #batch = new Batch((piece) => this.#write(piece), {
    delay: WRITE_DELAY_MS,
    limit: MAX_PENDING_BYTES,
  });
  #file: Deno.FsFile | null = null;
  /** Whole lines. The file has the first `#done` bytes of them. */
  #rest = NOTHING;
  #done = 0;
  #lost = 0;
  #stale = false;
  #failing = false;

  private constructor(path: string, onProblem: (problem: string) => void) {
    this.#path = path;
    this.#onProblem = onProblem;
  }

  /**
   * Opens or creates the file. `onProblem` gets one sentence when it cannot be written, and the next
   * one only after it could be written in between.
   */
  static async open(path: string, onProblem: (problem: string) => void): Promise<LogFile> {
    const file = new LogFile(path, onProblem);
    await file.reopen();
    return file;
  }

  /** Adds a line, given without its end. Returns a promise when too much waits to be written. */
  append(line: string): void | Promise<void> {
    return this.#batch.add(`${line}\n`);
  }

  /** Adds the whole lines that `put` puts, as `append` does. */
  appendWith(put: (lines: LineBuffer) => void): void | Promise<void> {
    return this.#batch.addWith(put);
  }

  /** Settles when all lines so far are written, or could not be. */
  flush(): Promise<void> {
    void this.#batch.add(""); // lines that failed before are tried again, also without a new one
    return this.#batch.flush();
  }

  /** Continues in the file that is now at the path, after logrotate has moved the old one away. */
  reopen(): Promise<void> {
    this.#stale = true;
    return this.flush();
  }

  /** Writes the lines that wait, and closes the file. */
  async close(): Promise<void> {
    await this.flush();
    this.#close();
  }

  /** One call at a time, with whole lines. */
  async #write(piece: Uint8Array): Promise<void> {
    const fits = this.#lost === 0 && this.#rest.length + piece.length <= MAX_PENDING_BYTES;
    if (fits) this.#keep(piece);
    const worked = await this.#drain();
    if (fits) return;
    if (!worked) {
      this.#lost += countLines(piece);
      return;
    }
    if (this.#lost > 0) this.#keep(lostLine(this.#lost));
    this.#lost = 0;
    this.#keep(piece);
    await this.#drain();
  }

  #keep(lines: Uint8Array): void {
    if (this.#rest.length === 0) {
      this.#rest = lines;
      return;
    }
    this.#rest = concat([this.#rest, lines]);
  }

  /** Writes the kept lines; returns whether that worked. Reports a problem if it is new. */
  async #drain(): Promise<boolean> {
    try {
      if (this.#stale) this.#close();
      this.#stale = false;
      do {
        const file = this.#file ?? await this.#open();
        while (this.#done < this.#rest.length) {
          this.#done += await file.write(this.#rest.subarray(this.#done));
        }
      } while (await this.#wasRemoved());
      this.#rest = NOTHING;
      this.#done = 0;
      this.#failing = false;
      return true;
    } catch (error) {
      this.#close(); // after a user deletes the log to make room, the next try creates it
      const whole = this.#rest.subarray(0, this.#done).lastIndexOf(LF) + 1;
      this.#rest = this.#rest.subarray(whole);
      this.#done -= whole;
      if (!this.#failing) this.#onProblem(sentence(this.#path, error));
      this.#failing = true;
      return false;
    }
  }

  /**
   * Whether the file has no name any more: then the lines are written again, into a new one. A file
   * that was moved away still has a name, and gets the lines until SIGHUP.
   */
  async #wasRemoved(): Promise<boolean> {
    const { isFile, nlink } = await this.#file!.stat();
    if (!isFile || nlink !== 0) return false;
    this.#close();
    this.#done = 0;
    return true;
  }

  /** Opens the file so that the next bytes make whole lines. */
  async #open(): Promise<Deno.FsFile> {
    const options = { read: true, append: true, create: true, mode: MODE };
    const file = this.#file = await Deno.open(this.#path, options);
    const tail = await tailOf(file, Math.max(this.#done, 1));
    const begun = this.#rest.subarray(0, this.#done);
    if (this.#done > 0 && begun.every((byte, i) => byte === tail[i])) return file; // the line continues
    this.#done = 0;
    if (tail.length > 0 && tail.at(-1) !== LF) await file.write(LINE_END); // a cut line of another program
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** The last bytes of a file, at most `length`; none where it is no file, as a pipe. */
async function tailOf(file: Deno.FsFile, length: number): Promise<Uint8Array> {
  const { isFile, size } = await file.stat();
  if (!isFile || size === 0) return NOTHING;
  const tail = new Uint8Array(Math.min(length, size));
  await file.seek(-tail.length, Deno.SeekMode.End);
  return tail.subarray(0, await file.read(tail) ?? 0);
}

function countLines(lines: Uint8Array): number {
  let count = 0;
  for (const byte of lines) if (byte === LF) count++;
  return count;
}

function lostLine(lines: number): Uint8Array {
  const time = new Date().toISOString();
  return utf8.encode(`time=${time} level=warn event=log-lost lines=${lines}\n`);
}

function sentence(path: string, error: unknown): string {
  if (error instanceof Deno.errors.NotCapable && /all access/.test(error.message)) {
    // Deno denies devices, whatever is granted. Its advice would not help the user.
    return `cannot write the log "${safeText(path)}": this program is not permitted to; ` +
      "the echo goes on without it";
  }
  return `cannot write the log "${safeText(path)}": ${
    safeText(reasonOf(error))
  }; the echo goes on without it`;
}
