/**
 * The log file: lines in batches, and what to do when they cannot be written.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import { Batch } from "../text/batch.ts";
import { safeText } from "../text/escape.ts";

/** How long a line may wait to be written together with others, in milliseconds. */
const WRITE_DELAY_MS = 100;

/** How much may wait for a slow disk, and as much again for a full one, in bytes. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** It holds what people wrote to each other: nobody but its owner reads it. */
const MODE = 0o600;

const LF = 0x0a;
const LINE_END = new Uint8Array([LF]);
const NOTHING: Uint8Array = new Uint8Array();
const utf8 = new TextEncoder();

/**
 * A file that lines are appended to. It never throws: what cannot be written is told once, kept as
 * long as it is not too much, and tried again with every batch, also if the file is gone meanwhile.
 * Lines that had to be dropped are counted, and a line in their place says how many they were.
 */
export class LogFile {
  readonly #path: string;
  readonly #onProblem: (problem: string) => void;
  readonly #batch = new Batch((piece) => this.#write(piece), {
    delay: WRITE_DELAY_MS,
    limit: MAX_PENDING_BYTES,
  });
  #file: Deno.FsFile | null = null;
  /** Whole lines, the first `#done` bytes of which the file has. */
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
   * Opens or creates the file. `onProblem` is told, in one sentence, when it cannot be written, and
   * again only after it could be in between.
   */
  static async open(path: string, onProblem: (problem: string) => void): Promise<LogFile> {
    const file = new LogFile(path, onProblem);
    await file.reopen();
    return file;
  }

  /** Adds a line, given without its end. What is returned is for who adds faster than is written. */
  append(line: string): void | Promise<void> {
    return this.#batch.add(`${line}\n`);
  }

  /** Adds whole lines in UTF-8, as `append` does; they are not copied. */
  appendLines(lines: Uint8Array): void | Promise<void> {
    return this.#batch.add(lines);
  }

  /** Settles when all lines so far are written, or have failed to be. */
  flush(): Promise<void> {
    void this.#batch.add(""); // what has failed before is tried again even if there is nothing new
    return this.#batch.flush();
  }

  /** Goes on in the file that is now at the path: logrotate has moved the other one away. */
  reopen(): Promise<void> {
    this.#stale = true;
    return this.flush();
  }

  /** Writes what waits and gives the file back. */
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
    const both = new Uint8Array(this.#rest.length + lines.length);
    both.set(this.#rest);
    both.set(lines, this.#rest.length);
    this.#rest = both;
  }

  /** Writes what is kept and says whether that worked; if not, tells the problem if it is news. */
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
      this.#close(); // who deletes the log to make room gets a new one with the next try
      const whole = this.#rest.subarray(0, this.#done).lastIndexOf(LF) + 1;
      this.#rest = this.#rest.subarray(whole);
      this.#done -= whole;
      if (!this.#failing) this.#onProblem(sentence(this.#path, error));
      this.#failing = true;
      return false;
    }
  }

  /**
   * Whether what was written went into a file that has no name any more; then it is to be written
   * again. One that was moved away still has one, and gets the lines until we are told (SIGHUP).
   */
  async #wasRemoved(): Promise<boolean> {
    const { isFile, nlink } = await this.#file!.stat();
    if (!isFile || nlink !== 0) return false;
    this.#close();
    this.#done = 0;
    return true;
  }

  /** Opens the file so that what is written next makes whole lines. */
  async #open(): Promise<Deno.FsFile> {
    const options = { read: true, append: true, create: true, mode: MODE };
    const file = this.#file = await Deno.open(this.#path, options);
    const tail = await tailOf(file, Math.max(this.#done, 1));
    const begun = this.#rest.subarray(0, this.#done);
    if (this.#done > 0 && begun.every((byte, i) => byte === tail[i])) return file; // goes on there
    this.#done = 0;
    if (tail.length > 0 && tail.at(-1) !== LF) await file.write(LINE_END); // somebody's cut line
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** The last bytes of a file, at most `length` of them; none of what is not a file, as a pipe. */
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
    // Deno keeps programs from devices, whatever they are granted; its advice is not for us.
    return `cannot write the log "${safeText(path)}": this program is not permitted to; ` +
      "the echo goes on without it";
  }
  return `cannot write the log "${safeText(path)}": ${
    safeText(reasonOf(error))
  }; the echo goes on without it`;
}
