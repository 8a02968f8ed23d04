/**
 * What one connection of a load sends, and what has to come back.
 *
 * @module
 */
import { equals } from "../std.ts";
import { encodeMsg } from "../wire/frames.ts";
import { Kind } from "../wire/kind.ts";

/** Messages that differ from each other, unless there is room for one only. */
const VARIETY = { messages: 16, bytes: 1024 * 1024 };

/**
 * Messages in a ring, as bytes. They are made of the connection's number and theirs, so that an
 * echo of another connection, or one too many or too few, does not pass. A shift by a whole ring
 * would; no server that keeps its bytes in order makes one.
 */
export class Pattern {
  /** The bytes of one message, header and all. */
  readonly size: number;
  readonly #ring: Uint8Array;
  readonly #bytes: Uint8Array;

  /** Messages of `size` bytes of payload for connection `number`, at most `depth` in one piece. */
  constructor(size: number, depth: number, number: number, framed: boolean) {
    const messages = Math.max(1, Math.min(VARIETY.messages, Math.floor(VARIETY.bytes / size)));
    const frames = Array.from({ length: messages }, (_, i) => {
      const payload = letters(size, number * messages + i + 1);
      return framed ? encodeMsg(Kind.bytes, payload) : payload;
    });
    this.size = frames[0]!.length;
    this.#ring = new Uint8Array(this.size * messages);
    frames.forEach((frame, i) => this.#ring.set(frame, i * this.size));
    // The ring again and again, so that any piece of it lies in a row.
    this.#bytes = new Uint8Array(this.#ring.length + this.size * depth);
    for (let at = 0; at < this.#bytes.length; at += this.#ring.length) {
      this.#bytes.set(this.#ring.subarray(0, this.#bytes.length - at), at);
    }
  }

  /** The bytes of `count` messages, at most the depth, from the `first` on, counted from 0. */
  messages(first: number, count: number): Uint8Array {
    const start = first * this.size % this.#ring.length;
    return this.#bytes.subarray(start, start + count * this.size);
  }

  /** Where `came`, which stands at `offset` in the stream, differs from what was sent; or -1. */
  compare(came: Uint8Array, offset: number): number {
    for (let done = 0; done < came.length;) {
      const start = (offset + done) % this.#ring.length;
      const length = Math.min(came.length - done, this.#bytes.length - start);
      const expected = this.#bytes.subarray(start, start + length);
      const piece = came.subarray(done, done + length);
      if (!equals(piece, expected)) return done + piece.findIndex((it, i) => it !== expected[i]);
      done += length;
    }
    return -1;
  }

  /** The byte at `offset` in the stream. */
  at(offset: number): number {
    return this.#ring[offset % this.#ring.length]!;
  }
}

/** Letters that look random and are the same for the same seed (xorshift32). */
function letters(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed * 0x9e3779b1 | 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = 0x61 + (state >>> 0) % 26;
  }
  return bytes;
}
