/**
 * What a program has printed so far.
 *
 * @module
 */

import { settlesWithin } from "../within.ts";

/** How much of it is kept, in characters. */
const MAX_KEPT_CHARACTERS = 1024 * 1024;

/** What a program prints that prints without end, in bytes. */
export const FLOOD_BYTES = 64 * 1024 * 1024;

/** What comes from a program, as far as it has come. */
export class Transcript {
  readonly #also: Transcript | null;
  #text = "";
  #kept = 0;
  #bytes = 0;
  #open = 0;
  #wake = Promise.withResolvers<void>();

  /** What it gets goes to `also`, too. */
  constructor(also: Transcript | null = null) {
    this.#also = also;
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
      if (left <= 0 || this.#open === 0) return false;
      await settlesWithin(this.#wake.promise, left);
    }
    return true;
  }

  /** Waits until nothing has come for so many milliseconds. */
  async waitForQuiet(pause: number): Promise<void> {
    while (this.#open > 0 && await settlesWithin(this.#wake.promise, pause));
  }

  /** Takes what comes from `stream`, until its end. */
  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    this.#begin();
    const decoder = new TextDecoder();
    try {
      for await (const bytes of stream) {
        this.#add(decoder.decode(bytes, { stream: true }), bytes.length);
      }
    } catch {
      // The program has ended.
    }
    this.#end();
  }

  #begin(): void {
    this.#open++;
    if (this.#also !== null) this.#also.#begin();
  }

  #add(text: string, bytes: number): void {
    this.#bytes += bytes;
    const kept = text.slice(0, MAX_KEPT_CHARACTERS - this.#kept);
    this.#kept += kept.length;
    this.#text += kept;
    this.#notify();
    if (this.#also !== null) this.#also.#add(text, bytes);
  }

  #end(): void {
    this.#open--;
    this.#notify();
    if (this.#also !== null) this.#also.#end();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
