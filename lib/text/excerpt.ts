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
  const bytes = payload.subarray(0, textEnd(payload, 0, payload.length, size, bound));
  if (isUtf8(bytes)) return { isText: true, bytes };
  return { isText: false, bytes: payload.subarray(0, SHOWN_BYTES) };
}

/**
 * Where the part ends that is shown of a message if it is text: one of `size` bytes, of which those
 * from `start` to `end` are all or the beginning.
 */
export function textEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  size: number,
  bound = Infinity,
): number {
  const last = Math.min(end, start + bound);
  return last - start === size ? last : wholeCharacters(bytes, start, last);
}

/** Where the part ends that is shown of what is not text. */
export function hexEnd(start: number, end: number): number {
  return Math.min(end, start + SHOWN_BYTES);
}

/** `end`, or up to 3 less, where the character at the end would be cut. */
function wholeCharacters(text: Uint8Array, start: number, end: number): number {
  for (let length = 1; length <= 3 && length <= end - start; length++) {
    const first = text[end - length]!;
    if ((first & 0xc0) === 0x80) continue; // not the first byte of a character
    return lengthOf(first) > length ? end - length : end;
  }
  return end;
}

/** The length of a character in bytes, by its first byte. */
export function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
