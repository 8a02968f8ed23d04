/**
 * All messages of one client so far, exactly as they came, for its `quit` (002).
 *
 * @module
 */
import type { ByteSink } from "../wire/io.ts";

/** What is kept in memory, in bytes; the rest lies in a file, so that no client can fill memory. */
const IN_MEMORY = 64 * 1024;

/** A client's messages in the order they came. */
export class History {
  #count = 0;
  #memory = new Uint8Array(0);
  #used = 0;
  #file: Deno.FsFile | null = null;
  #path: string | null = null;

  /** How many messages there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds `count` messages, `bytes` in all, which are copied. Returns a promise when they go to the
   * file; the next call must wait for it. Rejects when the file cannot be written.
   */
  append(bytes: Uint8Array, count: number): void | Promise<void> {
    this.#count += count;
    if (this.#used + bytes.length > IN_MEMORY) return this.#spill(bytes);
    if (this.#used + bytes.length > this.#memory.length) this.#grow(this.#used + bytes.length);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Writes all of them to `sink`, in bulk. */
  async replay(sink: ByteSink): Promise<void> {
    if (this.#file !== null) {
      const piece = new Uint8Array(IN_MEMORY);
      await this.#file.seek(0, Deno.SeekMode.Start);
      for (;;) {
        const count = await this.#file.read(piece);
        if (count === null) break;
        await sink.write(piece.subarray(0, count));
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
    const larger = new Uint8Array(Math.min(IN_MEMORY, Math.max(needed, this.#memory.length * 2)));
    larger.set(this.#memory.subarray(0, this.#used));
    this.#memory = larger;
  }

  async #spill(bytes: Uint8Array): Promise<void> {
    this.#file ??= await this.#open();
    await writeAll(this.#file, this.#memory.subarray(0, this.#used));
    this.#used = 0;
    await writeAll(this.#file, bytes);
  }

  async #open(): Promise<Deno.FsFile> {
    const path = await Deno.makeTempFile({ prefix: "echo-history-" }); // mode 0600
    const file = await Deno.open(path, { read: true, write: true });
    // Without a name it goes when we go, even if we are killed. Windows wants to close it first.
    await Deno.remove(path).catch(() => this.#path = path);
    return file;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
