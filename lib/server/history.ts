/**
 * All messages of one client so far, exactly as they came, for its `quit` (002).
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import { writeAll } from "../std.ts";
import type { ByteSink } from "../wire/io.ts";
import { ByteReader, recvN } from "../wire/reader.ts";

/** What is kept in memory, in bytes; the rest lies in a file, so that no client can fill memory. */
const MAX_MEMORY_BYTES = 64 * 1024;

/** A client's messages in the order they came: all of them, or the first as far as there is room. */
export class History {
  readonly #limit: number;
  #count = 0;
  #missing = 0;
  /** Why no more is kept. */
  #stoppedBecause: string | null = null;
  #memory = new Uint8Array(0);
  #used = 0;
  /** How many bytes the file has; what else it may have is of no use. */
  #stored = 0;
  /** Where the last message begins, counted in bytes from the first. */
  #last = 0;
  #file: Deno.FsFile | null = null;
  #path: string | null = null;

  /** Keeps at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many messages there are. */
  get count(): number {
    return this.#count;
  }

  /** What is to be said about messages that could not be kept; null where all were. */
  get truncationNotice(): string | null {
    if (this.#stoppedBecause === null) return null;
    const all = this.#count + this.#missing;
    return `only the first ${this.#count} of ${all} messages were kept: ${this.#stoppedBecause}`;
  }

  /**
   * Adds `count` messages, `bytes` in all, which are copied; with a count of 0, more of the one
   * before. Returns a promise when they go to the file; the next call must wait for it.
   */
  append(bytes: Uint8Array, count: number): void | Promise<void> {
    const size = this.#stored + this.#used;
    if (this.#stoppedBecause !== null) {
      this.#missing += count;
      return;
    }
    if (count > 0) this.#last = size;
    this.#count += count;
    if (size + bytes.length > this.#limit) {
      return this.#stop(`the limit is ${this.#limit} bytes`, count);
    }
    if (this.#used + bytes.length > MAX_MEMORY_BYTES) {
      return this.#spill(bytes).catch((error) => this.#stop(reasonOf(error), count));
    }
    if (this.#used + bytes.length > this.#memory.length) this.#grow(this.#used + bytes.length);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Writes all of them to `sink`, in bulk. */
  async replay(sink: ByteSink): Promise<void> {
    if (this.#file !== null) {
      await this.#file.seek(0, Deno.SeekMode.Start);
      const reader = new ByteReader(this.#file, { min: MAX_MEMORY_BYTES, max: MAX_MEMORY_BYTES });
      for (let left = this.#stored; left > 0; left -= MAX_MEMORY_BYTES) {
        const piece = await recvN(reader, Math.min(left, MAX_MEMORY_BYTES));
        if (piece !== null) await sink.write(piece);
      }
    }
    if (this.#used > 0) await sink.write(this.#memory.subarray(0, this.#used));
  }

  /** Gives the file back. */
  close(): void {
    this.#file?.close();
    this.#file = null;
    if (this.#path !== null) Deno.removeSync(this.#path);
    this.#path = null;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(
      Math.min(MAX_MEMORY_BYTES, Math.max(needed, this.#memory.length * 2)),
    );
    larger.set(this.#memory.subarray(0, this.#used));
    this.#memory = larger;
  }

  async #spill(bytes: Uint8Array): Promise<void> {
    this.#file ??= await this.#open();
    await writeAll(this.#file, this.#memory.subarray(0, this.#used));
    this.#stored += this.#used;
    this.#used = 0;
    await writeAll(this.#file, bytes);
    this.#stored += bytes.length;
  }

  /** Keeps no more. The last `count` messages, or the one that was to go on, were not kept whole. */
  #stop(obstacle: string, count: number): void {
    const lost = Math.max(count, 1);
    this.#stoppedBecause = obstacle;
    this.#count -= lost;
    this.#missing += lost;
    this.#stored = Math.min(this.#stored, this.#last);
    this.#used = this.#last - this.#stored;
  }

  async #open(): Promise<Deno.FsFile> {
    const path = await Deno.makeTempFile({ prefix: "echo-history-" }); // mode 0600
    try {
      return await Deno.open(path, { read: true, write: true });
    } finally {
      // Without a name it goes when we go, even if we are killed. Windows wants to close it first.
      await Deno.remove(path).catch(() => this.#path = path);
    }
  }
}
