/**
 * What is shown of a message: its text up to a bound, or its first bytes where it is not text.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";

/** How many bytes of a message are shown that is not text. */
export const SHOWN_BYTES = 32;

/** The part of a message that is shown. */
export interface Excerpt {
  /** Whether `bytes` are UTF-8. */
  isText: boolean;
  /** The text up to the bound, or the first 32 bytes of what is not text. */
  bytes: Uint8Array;
}

/**
 * What is shown of a message of `size` bytes, of which `payload` is all or the beginning: at most
 * `bound` bytes of its text, without a cut character at their end.
 */
export function excerpt(payload: Uint8Array, size: number, bound = Infinity): Excerpt {
  const bytes = beginningOf(payload, size, bound);
  return isUtf8(bytes) ? { isText: true, bytes } : { isText: false, bytes: firstBytes(payload) };
}

/** The part that is shown if it is text. */
export function beginningOf(payload: Uint8Array, size: number, bound = Infinity): Uint8Array {
  const count = Math.min(payload.length, bound);
  return count === size ? payload : payload.subarray(0, wholeCharacters(payload, count));
}

/** The part that is shown of what is not text. */
export function firstBytes(payload: Uint8Array): Uint8Array {
  return payload.subarray(0, SHOWN_BYTES);
}

/** `count`, or up to 3 less, where the character at the end would be cut. */
function wholeCharacters(text: Uint8Array, count: number): number {
  for (let length = 1; length <= 3 && length <= count; length++) {
    const first = text[count - length]!;
    if ((first & 0xc0) === 0x80) continue; // not the first byte of a character
    return lengthOf(first) > length ? count - length : count;
  }
  return count;
}

/** The length of a character in bytes, by its first byte. */
export function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
