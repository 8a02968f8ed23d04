/**
 * The frames of WebSocket (RFC 6455, 5.2): headers, and masks, which are taken off in place.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";

/** What a frame is. Those from `close` on are control frames: short, and between any others. */
export const Opcode = {
  /** The next fragment of a message. */
  continuation: 0x0,
  /** A text, or its first fragment. */
  text: 0x1,
  /** Bytes, or their first fragment. */
  binary: 0x2,
  /** The end. */
  close: 0x8,
  /** Wants a pong with the same payload. */
  ping: 0x9,
  /** The answer. */
  pong: 0xa,
} as const;

/** Set in the first byte of a frame that ends its message. */
export const FIN = 0x80;

const OPCODE = 0x0f, RSV = 0x70, MASKED = 0x80, LENGTH = 0x7f;
/** Lengths that say how many bytes of length follow: 2 and 8. */
const LENGTH_16 = 126, LENGTH_64 = 127;
const MASK_BYTES = 4;
const MAX_CONTROL_BYTES = 125;
/** A 64-bit length of more than this is of no use: its upper half. */
const MAX_HIGH = 0x1f_ffff;

/** The header of a frame. One is used for many, since an object for each costs too much. */
export class FrameHeader {
  /** As in `Opcode`; a number that is none of them is refused by `read`. */
  opcode = 0;
  /** Whether the frame ends its message. */
  isFinal = false;
  /** The bytes of the header itself, the mask included. */
  size = 2;
  /** The bytes of the payload. */
  length = 0;
  /** Where the mask stands in the header, or -1. */
  maskAt: number = -1;
  readonly #isMasked: boolean;

  /** Of frames of a client, which are masked, or of a server, which are not (5.1). */
  constructor(isMasked: boolean) {
    this.#isMasked = isMasked;
  }

  /** Whether it is a control frame. */
  get isControl(): boolean {
    return this.opcode >= Opcode.close;
  }

  /** The bytes of the same header without a mask. */
  get plainSize(): number {
    return this.#isMasked ? this.size - MASK_BYTES : this.size;
  }

  /**
   * Reads the header that begins at `start`. Returns false while it is not whole; `size` then tells
   * how many bytes are needed. Throws `ProtocolError` for what no peer may send.
   */
  read(bytes: Uint8Array, start: number): boolean {
    const available = bytes.length - start;
    const mask = this.#isMasked ? MASK_BYTES : 0;
    this.size = 2; // enough to see what is wrong, and how long the header is
    if (available < 2) return false;
    const first = bytes[start]!, second = bytes[start + 1]!;
    this.opcode = first & OPCODE;
    this.isFinal = (first & FIN) !== 0;
    if ((first & RSV) !== 0) throw new ProtocolError("a frame has a reserved bit set");
    if ((this.opcode & 0x7) > 0x2) throw new ProtocolError(`opcode ${this.opcode} is reserved`);
    if (((second & MASKED) !== 0) !== this.#isMasked) {
      throw new ProtocolError(this.#isMasked ? "a frame has no mask" : "a frame has a mask");
    }
    const short = second & LENGTH;
    if (this.isControl && (!this.isFinal || short > MAX_CONTROL_BYTES)) {
      throw new ProtocolError("a control frame is too long or in fragments");
    }
    const extended = short === LENGTH_16 ? 2 : short === LENGTH_64 ? 8 : 0;
    this.size = 2 + extended + mask;
    if (available < this.size) return false;
    this.length = extended === 0 ? short : lengthAt(bytes, start + 2, extended);
    this.maskAt = mask === 0 ? -1 : start + 2 + extended;
    return true;
  }
}

function lengthAt(bytes: Uint8Array, at: number, size: 2 | 8): number {
  if (size === 2) return bytes[at]! << 8 | bytes[at + 1]!;
  const high = u32(bytes, at), low = u32(bytes, at + 4);
  if (high > MAX_HIGH) throw new ProtocolError("a frame's length is impossible");
  return high * 2 ** 32 + low;
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

/** The bytes of a header for so much payload. */
export function headerSize(length: number, isMasked = false): number {
  return (length < LENGTH_16 ? 2 : length < 2 ** 16 ? 4 : 10) + (isMasked ? MASK_BYTES : 0);
}

/** A whole frame. With `mask`, four bytes, it is one of a client. */
export function encodeFrame(
  opcode: number,
  payload: Uint8Array,
  mask: Uint8Array | null = null,
): Uint8Array {
  const { length } = payload;
  const size = headerSize(length, mask !== null);
  const frame = new Uint8Array(size + length);
  const masked = mask === null ? 0 : MASKED;
  frame[0] = FIN | opcode;
  frame[1] = masked | (length < LENGTH_16 ? length : length < 2 ** 16 ? LENGTH_16 : LENGTH_64);
  const view = new DataView(frame.buffer);
  if (length >= 2 ** 16) view.setBigUint64(2, BigInt(length));
  else if (length >= LENGTH_16) view.setUint16(2, length);
  frame.set(payload, size);
  if (mask === null) return frame;
  frame.set(mask, size - MASK_BYTES);
  new Unmasker().apply(frame, { maskAt: size - MASK_BYTES, source: size, target: size, length });
  return frame;
}

/** Which bytes get a mask, and where the result goes. */
export interface MaskedRange {
  /** Where the four bytes of the mask stand. They are read first. */
  maskAt: number;
  /** Where the bytes begin. */
  source: number;
  /** Where they go; not after `source`. */
  target: number;
  /** How many there are. */
  length: number;
}

const NO_WORDS = new Int32Array(0);

/** XORs bytes with a mask and moves them, in one pass, and remembers where in the mask it is. */
export class Unmasker {
  readonly #mask = new Uint8Array(MASK_BYTES);
  #phase = 0;
  #words: Int32Array = NO_WORDS;

  /** Begins with the mask that stands in `bytes`. Returns whether a byte is no ASCII. */
  apply(bytes: Uint8Array, { maskAt, source, target, length }: MaskedRange): boolean {
    for (let i = 0; i < MASK_BYTES; i++) this.#mask[i] = bytes[maskAt + i]!;
    this.#phase = 0;
    return this.continue(bytes, source, target, length);
  }

  /** Goes on with the same mask. Returns whether a byte is no ASCII. */
  continue(bytes: Uint8Array, source: number, target: number, length: number): boolean {
    const mask = this.#mask;
    const { byteOffset } = bytes;
    let phase = this.#phase;
    let done = 0, all = 0;
    // Words are four times as fast, where both places are the same distance from one.
    if (length >= 16 && (source - target & 3) === 0) {
      for (; (byteOffset + target + done & 3) !== 0; done++, phase++) {
        all |= bytes[target + done] = bytes[source + done]! ^ mask[phase & 3]!;
      }
      const words = this.#wordsOf(bytes);
      const word = mask[phase & 3]! | mask[phase + 1 & 3]! << 8 | mask[phase + 2 & 3]! << 16 |
        mask[phase + 3 & 3]! << 24;
      let from = byteOffset + source + done >> 2, to = byteOffset + target + done >> 2;
      const count = length - done >> 2;
      let some = 0;
      for (const end = to + count; to < end; from++, to++) {
        some |= words[to] = words[from]! ^ word;
      }
      all |= some | some >> 8 | some >> 16 | some >> 24;
      done += count << 2;
    }
    for (; done < length; done++, phase++) {
      all |= bytes[target + done] = bytes[source + done]! ^ mask[phase & 3]!;
    }
    this.#phase = phase;
    return (all & 0x80) !== 0;
  }

  /** Lets go of the buffer that it has worked in. */
  forget(): void {
    this.#words = NO_WORDS;
  }

  #wordsOf({ buffer }: Uint8Array): Int32Array {
    if (this.#words.buffer !== buffer) {
      this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    }
    return this.#words;
  }
}
