/**
 * All text messages of one client, exactly as they came, for its `quit` (002).
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import { writeAll } from "../std.ts";
import type { ByteSink } from "../wire/io.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { ByteReader, recvN } from "../wire/reader.ts";

/** The part that is kept in memory, in bytes. The rest lies in a file, so that memory stays bounded. */
const MAX_MEMORY_BYTES = 64 * 1024;

const NOTHING: Uint8Array = new Uint8Array();

/** A client's messages in their order: all of them, or the first ones up to the limit. */
export class History {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  /** How many bytes of the budget it has. */
  #acquired = 0;
  #count = 0;
  #missing = 0;
  /** Why no more is kept, or null. */
  #stoppedBecause: string | null = null;
  #memory = NOTHING;
  #used = 0;
  /** How many bytes of the file are of whole messages. */
  #stored = 0;
  /** The offset of the last message, in bytes. */
  #last = 0;
  #file: Deno.FsFile | null = null;
  #path: string | null = null;

  /** Keeps at most `limit` bytes, and no more than `budget` has for the histories of all clients. */
  constructor(limit: number, budget: MemoryBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  /** How many messages are kept. */
  get count(): number {
    return this.#count;
  }

  /** A notice for the client about messages that are not kept; null where all are. */
  get truncationNotice(): string | null {
    if (this.#stoppedBecause === null) return null;
    const all = this.#count + this.#missing;
    return `only the first ${this.#count} of ${all} messages were kept: ${this.#stoppedBecause}`;
  }

  /**
   * Adds `count` messages, whose bytes are copied; a count of 0 continues the message before. Returns
   * a promise when they go to the file, and the next call must wait for it.
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
    if (!this.#budget.tryAcquire(bytes.length)) {
      return this.#stop("the histories of all clients have reached their limit", count);
    }
    this.#acquired += bytes.length;
    if (this.#used + bytes.length > MAX_MEMORY_BYTES) {
      return this.#spill(bytes).catch((error) => this.#stop(reasonOf(error), count));
    }
    if (this.#used + bytes.length > this.#memory.length) this.#grow(this.#used + bytes.length);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Writes all messages to `sink`, in bulk. */
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

  /** Closes the file, removes it, and gives back what it has of the budget. Never throws. */
  close(): void {
    this.#budget.release(this.#acquired);
    this.#acquired = 0;
    this.#file?.close();
    this.#file = null;
    if (this.#path !== null) removeLater(this.#path);
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

  /** Keeps no more. The last `count` messages, or the one that continues, are not whole. */
  #stop(reason: string, count: number): void {
    const lost = Math.max(count, 1);
    this.#stoppedBecause = reason;
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
      // A file without a name goes with the process, even a killed one. Windows cannot remove it yet.
      await Deno.remove(path).catch(() => this.#path = path);
    }
  }
}

/** How often a file is tried to be removed, and the pause between two tries, in milliseconds. */
const REMOVE = { attempts: 10, pause: 500 };

/** On Windows another program, as a virus scanner, can have the file open for a while. */
function removeLater(path: string, attempts = REMOVE.attempts): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || attempts === 1) return;
    Deno.unrefTimer(setTimeout(() => removeLater(path, attempts - 1), REMOVE.pause));
  }
}
