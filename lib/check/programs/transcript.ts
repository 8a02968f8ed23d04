/**
 * What a program has printed so far.
 *
 * @module
 */

import { settlesWithin } from "../within.ts";

/** How much of it is kept, in bytes. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** What a program prints that prints without end, in bytes. */
export const FLOOD_BYTES = 64 * 1024 * 1024;

/** One output of a program, read all the time. */
export class Transcript {
  #text = "";
  #kept = 0;
  #bytes = 0;
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  /** Reads `stream` until its end. */
  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream);
  }

  /** Its beginning, as text. */
  get text(): string {
    return this.#text;
  }

  /** How much was printed, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Waits until `isThere` is true of the text; returns whether it was, within so many milliseconds. */
  async wait(isThere: (text: string) => boolean, within: number): Promise<boolean> {
    const deadline = performance.now() + within;
    while (!isThere(this.#text)) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#isClosed) return false;
      await settlesWithin(this.#wake.promise, left);
    }
    return true;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of stream) {
        this.#bytes += bytes.length;
        const kept = bytes.subarray(0, MAX_KEPT_BYTES - this.#kept);
        this.#kept += kept.length;
        if (kept.length > 0) this.#text += decoder.decode(kept, { stream: true });
        this.#notify();
      }
    } catch {
      // The program has ended.
    }
    this.#isClosed = true;
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
