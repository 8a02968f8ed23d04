/**
 * The messages of one connection of a load, and their echoes.
 *
 * @module
 */
import { equals } from "../std.ts";
import { encodeMsg } from "../wire/frames.ts";
import { Kind } from "../wire/kind.ts";

/** How many different messages there are, within so many bytes. */
const VARIETY = { messages: 16, bytes: 1024 * 1024 };

/** What a pattern is made of. */
export interface PatternOptions {
  /** The payload of a message, in bytes. */
  size: number;
  /** How many messages may be asked for at once. */
  depth: number;
  /** The number of the connection. */
  number: number;
  /** Whether messages are frames of `echo/1`, or bare bytes. */
  framed: boolean;
}

/**
 * Messages in a ring, as bytes. Each depends on the numbers of its connection and itself. So an echo
 * of another connection, and a missing or repeated one, is found. A shift by a whole ring is not, but
 * no server that keeps its bytes in order makes one.
 */
export class Pattern {
  /** The bytes of one message, header and all. */
  readonly size: number;
  readonly #ring: Uint8Array;
  readonly #bytes: Uint8Array;

  /** Makes the messages. */
  constructor({ size, depth, number, framed }: PatternOptions) {
    const messages = Math.max(1, Math.min(VARIETY.messages, Math.floor(VARIETY.bytes / size)));
    const frames = Array.from({ length: messages }, (_, i) => {
      const payload = letters(size, number * messages + i + 1);
      return framed ? encodeMsg(Kind.bytes, payload) : payload;
    });
    this.size = frames[0]!.length;
    this.#ring = new Uint8Array(this.size * messages);
    frames.forEach((frame, i) => this.#ring.set(frame, i * this.size));
    // The ring is repeated, so that each run of messages is contiguous.
    this.#bytes = new Uint8Array(this.#ring.length + this.size * depth);
    for (let at = 0; at < this.#bytes.length; at += this.#ring.length) {
      this.#bytes.set(this.#ring.subarray(0, this.#bytes.length - at), at);
    }
  }

  /** The bytes of `count` messages from number `first` on; `count` is at most the depth. */
  messages(first: number, count: number): Uint8Array {
    const start = first * this.size % this.#ring.length;
    return this.#bytes.subarray(start, start + count * this.size);
  }

  /** The first difference of `received`, at `offset` in the stream, from what was sent; or -1. */
  compare(received: Uint8Array, offset: number): number {
    for (let done = 0; done < received.length;) {
      const start = (offset + done) % this.#ring.length;
      const length = Math.min(received.length - done, this.#bytes.length - start);
      const expected = this.#bytes.subarray(start, start + length);
      const piece = received.subarray(done, done + length);
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

/** Pseudo-random letters from a seed (xorshift32). */
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
