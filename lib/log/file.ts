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
import { rotate } from "./rotate.ts";

/** How long a line may wait to be written together with others, in milliseconds. */
const WRITE_DELAY_MS = 100;

/** How much may wait for a slow disk, in bytes: a client waits for one write of as much at most. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/** How much is kept for a full disk, in bytes. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** A file that takes nothing for so long hangs, in milliseconds: a pipe, a network file system. */
const HUNG_MS = 2_000;

/** How much one write gets, in bytes: a slow disk takes as much in `HUNG_MS`, and does not hang. */
const MAX_WRITE_BYTES = 1024 * 1024;

/** When a log that could not be renamed is tried again, in milliseconds. */
const ROTATE_AGAIN_MS = 1_000;

/** The log holds private messages, so only its owner may read it. */
const MODE = 0o600;

const LF = 0x0a;
const LINE_END = new Uint8Array([LF]);
const NOTHING: Uint8Array = new Uint8Array();
const utf8 = new TextEncoder();

/** How a log is kept. */
export interface LogFileOptions {
  /** In bytes. A larger log is renamed to `FILE.1`, and a new one begins. */
  maxSize: number;
  /** Gets one sentence for each problem. */
  onProblem(problem: string): void;
}

/**
 * A file to which lines are appended. It never throws. A problem is reported once; lines that cannot
 * be written are kept up to a bound, and tried again with every batch, also if the file is gone.
 * A slow file makes its callers wait, and one that hangs does not. Dropped lines are counted, and a
 * line in their place tells how many they were.
 */
export class LogFile {
  readonly #path: string;
  readonly #onProblem: (problem: string) => void;
  readonly #maxSize: number;
  /** When a log that could not be renamed is tried again, on a clock that never runs backwards. */
  #rotateAgain = -Infinity;
  #isTooLarge = false;
  readonly #batch = new Batch((piece) => this.#write(piece), {
    delay: WRITE_DELAY_MS,
    limit: MAX_WAITING_BYTES,
  });
  #file: Deno.FsFile | null = null;
  /** Its size, as far as it is known. */
  #size = 0;
  /** Whole lines. The file has the first `#done` bytes of them. */
  #rest = NOTHING;
  #done = 0;
  #lost = 0;
  #stale = false;
  #failing = false;
  /** How many bytes the file has taken. */
  #taken = 0;
  #isHung = false;
  /** How many lines could not be kept, of all. */
  #dropped = 0;
  /** How many lines were dropped while it hung. */
  #unwritten = 0;
  /** Settles when lines can be added again; null while they can. */
  #room: Promise<void> | null = null;

  private constructor(path: string, { maxSize, onProblem }: LogFileOptions) {
    this.#path = path;
    this.#maxSize = maxSize;
    this.#onProblem = onProblem;
  }

  /**
   * Opens or creates the file. `onProblem` gets one sentence when it cannot be written, and the next
   * one only after it could be written in between.
   */
  static async open(path: string, options: LogFileOptions): Promise<LogFile> {
    const file = new LogFile(path, options);
    await file.reopen();
    return file;
  }

  /** How many lines could not be kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a line, given without its end. Returns a promise when too much waits to be written. */
  append(line: string): void | Promise<void> {
    return this.appendWith((lines) => lines.putString(`${line}\n`), 1);
  }

  /** Adds the `count` whole lines that `put` puts, as `append` does. */
  appendWith(put: (lines: LineBuffer) => void, count: number): void | Promise<void> {
    if (this.#isHung) {
      this.#unwritten += count;
      this.#dropped += count;
      return;
    }
    const full = this.#batch.addWith(put);
    if (full) return this.#room ??= this.#untilRoom(full);
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

  /** Settles when `full` does, or when the file hangs: then lines are dropped until `full` settles. */
  #untilRoom(full: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      let before = this.#taken;
      const timer = setInterval(() => {
        if (this.#taken === before && !this.#isHung) {
          this.#isHung = true;
          const path = safeText(this.#path);
          this.#onProblem(
            `the log "${path}" takes nothing: lines are lost until it does; the echo goes on`,
          );
          resolve();
        }
        before = this.#taken;
      }, HUNG_MS);
      Deno.unrefTimer(timer);
      void full.then(() => {
        clearInterval(timer);
        this.#isHung = false;
        this.#room = null;
        if (this.#unwritten > 0) {
          const line = lostLine(this.#unwritten);
          void this.#batch.addWith((lines) => lines.put(line));
        }
        this.#unwritten = 0;
        resolve();
      });
    });
  }

  /** One call at a time, with whole lines. */
  async #write(piece: Uint8Array): Promise<void> {
    const fits = this.#lost === 0 && this.#rest.length + piece.length <= MAX_KEPT_BYTES;
    if (fits) this.#keep(piece);
    const worked = await this.#drain();
    if (fits) return;
    if (!worked) {
      const lost = countLines(piece);
      this.#lost += lost;
      this.#dropped += lost;
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
        if (this.#file === null) await this.#open();
        if (this.#done === 0) await this.#rotateIfFull();
        while (this.#done < this.#rest.length) {
          const piece = this.#rest.subarray(this.#done, this.#done + MAX_WRITE_BYTES);
          const taken = await this.#file!.write(piece);
          this.#done += taken;
          this.#taken += taken;
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
    const { isFile, nlink, size } = await this.#file!.stat();
    this.#size = isFile ? size : 0;
    if (!isFile || nlink !== 0) return false;
    this.#close();
    this.#done = 0;
    return true;
  }

  async #rotateIfFull(): Promise<void> {
    if (this.#size === 0 || this.#size + this.#rest.length <= this.#maxSize) return;
    if (performance.now() < this.#rotateAgain) return;
    const file = this.#file!;
    this.#file = null;
    try {
      await rotate(this.#path, file);
      this.#isTooLarge = false;
    } catch (error) {
      this.#rotateAgain = performance.now() + ROTATE_AGAIN_MS;
      const path = safeText(this.#path);
      const why = safeText(reasonOf(error));
      if (!this.#isTooLarge) {
        this.#onProblem(`cannot rename the log "${path}" to "${path}.1": ${why}; it grows on`);
      }
    }
    await this.#open();
  }

  /** Opens the file so that the next bytes make whole lines. */
  async #open(): Promise<void> {
    const options = { read: true, append: true, create: true, mode: MODE };
    const file = this.#file = await Deno.open(this.#path, options);
    const { isFile, size } = await file.stat();
    this.#size = isFile ? size : 0; // a pipe has no size, and no end to look at
    const tail = await tailOf(file, Math.min(this.#size, Math.max(this.#done, 1)));
    const begun = this.#rest.subarray(0, this.#done);
    if (this.#done > 0 && begun.every((byte, i) => byte === tail[i])) return; // the line continues
    this.#done = 0;
    if (tail.length > 0 && tail.at(-1) !== LF) await file.write(LINE_END); // a cut line of another program
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** The last `length` bytes of a file. */
async function tailOf(file: Deno.FsFile, length: number): Promise<Uint8Array> {
  if (length === 0) return NOTHING;
  const tail = new Uint8Array(length);
  await file.seek(-length, Deno.SeekMode.End);
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
