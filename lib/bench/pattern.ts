/**
 * The messages of one connection of a load, and their echoes.
 *
 * @module
 */
import { concat, equals } from "../std.ts";
import { encodeMsg } from "../wire/frames.ts";
import { Kind } from "../wire/kind.ts";
import { encodeFrame, Opcode } from "../wire/websocket_frames.ts";

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
  /** Whether messages are frames of `echo/1`, bare bytes, or frames of WebSocket. */
  dialect: LoadDialect;
}

/** How messages of a load are told apart. */
export type LoadDialect = "frames" | "raw" | "websocket";

/**
 * Messages in a ring, as bytes. Each depends on the numbers of its connection and itself. So an echo
 * of another connection, and a missing or repeated one, is found. A shift by a whole ring is not, but
 * no server that keeps its bytes in order makes one.
 */
export class Pattern {
  /** The bytes of one echo, header and all. */
  readonly size: number;
  readonly #sent: Ring;
  readonly #echoes: Ring;

  /** Makes the messages. */
  constructor({ size, depth, number, dialect }: PatternOptions) {
    const messages = Math.max(1, Math.min(VARIETY.messages, Math.floor(VARIETY.bytes / size)));
    const payloads = Array.from(
      { length: messages },
      (_, i) => letters(size, number * messages + i + 1),
    );
    this.#sent = new Ring(payloads.map((payload) => MESSAGES[dialect](payload)), depth);
    // Only a client of WebSocket masks its frames.
    this.#echoes = dialect === "websocket"
      ? new Ring(payloads.map((payload) => encodeFrame(Opcode.binary, payload)), depth)
      : this.#sent;
    this.size = this.#echoes.size;
  }

  /** The bytes of `count` messages from number `first` on; `count` is at most the depth. */
  messages(first: number, count: number): Uint8Array {
    const { size, length, bytes } = this.#sent;
    const start = first * size % length;
    return bytes.subarray(start, start + count * size);
  }

  /** The first difference of `received`, at `offset` in the stream, from the echoes; or -1. */
  compare(received: Uint8Array, offset: number): number {
    const ring = this.#echoes;
    for (let done = 0; done < received.length;) {
      const start = (offset + done) % ring.length;
      const length = Math.min(received.length - done, ring.bytes.length - start);
      const expected = ring.bytes.subarray(start, start + length);
      const piece = received.subarray(done, done + length);
      if (!equals(piece, expected)) return done + piece.findIndex((it, i) => it !== expected[i]);
      done += length;
    }
    return -1;
  }

  /** The byte at `offset` in the stream. */
  at(offset: number): number {
    return this.#echoes.bytes[offset % this.#echoes.length]!;
  }
}

const MASK = Uint8Array.of(0x9e, 0x37, 0x79, 0xb1);

const MESSAGES: Record<LoadDialect, (payload: Uint8Array) => Uint8Array> = {
  frames: (payload) => encodeMsg(Kind.bytes, payload),
  raw: (payload) => payload,
  websocket: (payload) => encodeFrame(Opcode.binary, payload, MASK),
};

/** Messages of one size, again and again, so that each run of up to `depth` is contiguous. */
class Ring {
  /** The bytes of one message. */
  readonly size: number;
  /** The bytes of all messages. */
  readonly length: number;
  readonly bytes: Uint8Array;

  constructor(messages: Uint8Array[], depth: number) {
    const once = concat(messages);
    this.size = messages[0]!.length;
    this.length = once.length;
    this.bytes = new Uint8Array(this.length + this.size * depth);
    for (let at = 0; at < this.bytes.length; at += this.length) {
      this.bytes.set(once.subarray(0, this.bytes.length - at), at);
    }
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
