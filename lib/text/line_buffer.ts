/**
 * Lines built as bytes: what a peer sent is checked, copied and escaped in one pass, without a
 * string for each message.
 *
 * @module
 */
import { isUnsafe, logfmtText, safeText } from "./escape.ts";
import { lengthOf } from "./excerpt.ts";

const ZERO = 0x30, ASCII = 0x80;

/** Up to so many bytes are copied one by one, which is cheaper than a call of the system's copy. */
const SHORT = 32;

/** The size of a new buffer, and up to which size it is used again. */
const KEPT_BYTES = 4 * 1024, MAX_KEPT_BYTES = 1024 * 1024;

const utf8 = new TextEncoder();
const HEX = utf8.encode("0123456789abcdef");

/** How characters are escaped that must not be shown as they are. */
export interface Escapes {
  /** For each ASCII character its escape, or null: it is copied. */
  readonly ascii: readonly (Uint8Array | null)[];
  /** For each byte 0 if it is a character that is copied, else 1. */
  readonly isSpecial: Uint8Array;
  /** The escape of an unsafe character beyond ASCII. */
  of(character: string): Uint8Array;
}

/** As `safeText` escapes for a terminal. */
export const TERMINAL: Escapes = escapesOf(safeText);

/** As `logfmtText` escapes between quotes: for logfmt and JSON. */
export const JSON_STRING: Escapes = escapesOf((text) => logfmtText(text).slice(1, -1));

function escapesOf(escape: (character: string) => string): Escapes {
  const ascii = Array.from({ length: ASCII }, (_, code) => {
    const character = String.fromCharCode(code);
    const escaped = escape(character);
    return escaped === character ? null : utf8.encode(escaped);
  });
  const isSpecial = new Uint8Array(256).fill(1, ASCII);
  for (const code of ascii.keys()) if (ascii[code] !== null) isSpecial[code] = 1;
  return { ascii, isSpecial, of: (character) => utf8.encode(escape(character)) };
}

/** A buffer that grows to the size of what is put into it, and is used again. */
export class LineBuffer {
  #bytes = new Uint8Array(KEPT_BYTES);
  #end = 0;

  /** How many bytes were put since the last `take`. */
  get length(): number {
    return this.#end;
  }

  /** A copy of all that was put since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const lines = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = new Uint8Array(KEPT_BYTES);
    return lines;
  }

  /** Puts a string as it is, in UTF-8. */
  putString(text: string): void {
    this.#reserve(3 * text.length);
    this.#end += utf8.encodeInto(text, this.#bytes.subarray(this.#end)).written;
  }

  /** Puts bytes as they are. */
  put(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    if (length > SHORT) this.#bytes.set(bytes, this.#end);
    else for (let at = 0; at < length; at++) this.#bytes[this.#end + at] = bytes[at]!;
    this.#end += length;
  }

  /** Puts a whole number from 0 up, in decimal. */
  putNumber(number: number): void {
    let digits = 1;
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    this.#reserve(digits);
    this.#end += digits;
    for (let at = this.#end - 1; digits > 0; digits--, at--) {
      this.#bytes[at] = ZERO + number % 10;
      number = Math.floor(number / 10);
    }
  }

  /** Puts bytes in hexadecimal digits. */
  putHex(bytes: Uint8Array): void {
    this.#reserve(2 * bytes.length);
    for (const byte of bytes) {
      this.#bytes[this.#end++] = HEX[byte >> 4]!;
      this.#bytes[this.#end++] = HEX[byte & 15]!;
    }
  }

  /** Puts text that is known to be UTF-8, with its unsafe characters escaped. */
  putText(text: Uint8Array, escapes: Escapes): void {
    for (let at = 0; at < text.length;) {
      at = this.#putSafe(text, at, escapes.isSpecial);
      if (at === text.length) return;
      const length = lengthOf(text[at]!);
      const escape = length === 1
        ? escapes.ascii[text[at]!]!
        : escapes.of(String.fromCodePoint(codePointAt(text, at, length)));
      this.#reserve(escape.length);
      for (const byte of escape) this.#bytes[this.#end++] = byte;
      at += length;
    }
  }

  /** Puts text from an offset up to its first unsafe character; returns where that is. */
  #putSafe(text: Uint8Array, from: number, isSpecial: Uint8Array): number {
    const count = text.length;
    this.#reserve(count - from);
    const bytes = this.#bytes;
    let end = this.#end;
    let at = from;
    while (at < count) {
      const first = text[at]!;
      if (isSpecial[first] === 0) {
        bytes[end++] = first;
        at++;
        continue;
      }
      if (first < ASCII) break;
      const length = lengthOf(first);
      if (isUnsafe(codePointAt(text, at, length))) break;
      for (const next = at + length; at < next; at++) bytes[end++] = text[at]!;
    }
    this.#end = end;
    return at;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + count));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/** The character of `length` bytes, from 2 to 4, at an offset. */
function codePointAt(text: Uint8Array, at: number, length: number): number {
  let code = text[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) code = code << 6 | text[at + i]! & 0x3f;
  return code;
}
