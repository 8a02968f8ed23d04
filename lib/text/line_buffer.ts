/**
 * Lines built as bytes: what a peer sent is checked, copied and escaped in one pass, without a
 * string for each message.
 *
 * @module
 */
import { isAscii } from "node:buffer";
import { isUnsafe, logfmtText, safeText } from "./escape.ts";
import { lengthOf } from "./excerpt.ts";

const ZERO = 0x30, ASCII = 0x80;

/** The one control character of ASCII that JSON does not escape. */
const DELETE = "\x7f";

/** Up to so many bytes are copied one by one, which is cheaper than a call of the system's copy. */
const SHORT = 32;

/** The size of a new buffer, and up to which size it is used again. */
const KEPT_BYTES = 4 * 1024, MAX_KEPT_BYTES = 1024 * 1024;

/** From so many bytes on it pays to look at a text as a whole. */
const LONG = 512;

const utf8 = new TextEncoder();
// A fatal decoder stops at the first byte that is not UTF-8, and takes longer for all others.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const HEX = utf8.encode("0123456789abcdef");
const BASE64 = utf8.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

/** How characters are escaped that must not be shown as they are. */
export interface Escapes {
  /** For each ASCII character its escape, or null: it is copied. */
  readonly ascii: readonly (Uint8Array | null)[];
  /** For each byte 0 if it is a character that is copied, else 1. */
  readonly isSpecial: Uint8Array;
  /** The escape of an unsafe character beyond ASCII. */
  of(character: string): Uint8Array;
  /** Finds what may have to be escaped. */
  readonly special: RegExp;
}

/**
 * Characters that may be unsafe: all that are, and all beyond 16 bits. Not a pattern of Unicode
 * properties, which takes three times as long.
 */
const UNSAFE =
  "\\x00-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e" +
  "\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufeff\\uffa0\\ufff0-\\ufffb";

/** As `safeText` escapes for a terminal. */
export const TERMINAL: Escapes = escapesOf(safeText, new RegExp(`[${UNSAFE}]`));

/** As `logfmtText` escapes between quotes: for logfmt and JSON. */
export const JSON_STRING: Escapes = escapesOf(
  (text) => logfmtText(text).slice(1, -1),
  new RegExp(`["\\\\${UNSAFE}]`),
);

function escapesOf(escape: (character: string) => string, special: RegExp): Escapes {
  const ascii = Array.from({ length: ASCII }, (_, code) => {
    const character = String.fromCharCode(code);
    const escaped = escape(character);
    return escaped === character ? null : utf8.encode(escaped);
  });
  const isSpecial = new Uint8Array(256).fill(1, ASCII);
  for (const code of ascii.keys()) if (ascii[code] !== null) isSpecial[code] = 1;
  return {
    ascii,
    isSpecial,
    of: (character) => utf8.encode(escape(character)),
    special,
  };
}

/** Whether a text is UTF-8 with nothing in it that has to be escaped. */
function isPlain(text: Uint8Array, special: RegExp): boolean {
  if (isAscii(text)) {
    const string = lossy.decode(text);
    return isPlainJson(string) || !special.test(string);
  }
  try {
    return !special.test(strict.decode(text));
  } catch {
    return false;
  }
}

/** Of ASCII. JSON's own search for what to escape is several times as fast as a pattern. */
function isPlainJson(text: string): boolean {
  return JSON.stringify(text).length === text.length + '""'.length && !text.includes(DELETE);
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

  /** Puts the bytes from `start` to `end` in hexadecimal digits. */
  putHex(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.#reserve(2 * (end - start));
    const to = this.#bytes;
    let at = this.#end;
    for (let from = start; from < end; from++) {
      const byte = bytes[from]!;
      to[at++] = HEX[byte >> 4]!;
      to[at++] = HEX[byte & 15]!;
    }
    this.#end = at;
  }

  /** Puts the bytes from `start` to `end` in base64 (RFC 4648). */
  putBase64(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.#reserve(4 * Math.ceil((end - start) / 3));
    const to = this.#bytes;
    let at = this.#end;
    for (let from = start; from < end; from += 3) {
      const left = end - from;
      const second = left > 1 ? bytes[from + 1]! : 0;
      const third = left > 2 ? bytes[from + 2]! : 0;
      const bits = bytes[from]! << 16 | second << 8 | third;
      to[at++] = BASE64[bits >> 18]!;
      to[at++] = BASE64[bits >> 12 & 63]!;
      to[at++] = left > 1 ? BASE64[bits >> 6 & 63]! : PADDING;
      to[at++] = left > 2 ? BASE64[bits & 63]! : PADDING;
    }
    this.#end = at;
  }

  /** Takes back all but the first `length` bytes. */
  cut(length: number): void {
    this.#end = length;
  }

  /** Puts once more what was put from offset `begin` to `end`. */
  repeat(begin: number, end: number): void {
    this.#reserve(end - begin);
    this.#bytes.copyWithin(this.#end, begin, end);
    this.#end += end - begin;
  }

  /**
   * Puts the text from `start` to `end` with its unsafe characters escaped; false, and puts nothing,
   * where it is not UTF-8.
   */
  putText(text: Uint8Array, escapes: Escapes, start = 0, end: number = text.length): boolean {
    if (end - start >= LONG) {
      const all = text.subarray(start, end);
      // What the system does to all of a long text at once is ten times as fast.
      if (isPlain(all, escapes.special)) {
        this.put(all);
        return true;
      }
    }
    const before = this.#end;
    const isText = this.#putEach(text, start, end, escapes);
    if (!isText) this.#end = before;
    return isText;
  }

  /** Character by character. */
  #putEach(text: Uint8Array, start: number, end: number, escapes: Escapes): boolean {
    for (let at = start; at < end;) {
      at = this.#putSafe(text, at, end, escapes.isSpecial);
      if (at === end) break;
      const code = codePointAt(text, at, end);
      if (code < 0) return false;
      const escape = code < ASCII ? escapes.ascii[code]! : escapes.of(String.fromCodePoint(code));
      this.#reserve(escape.length);
      for (const byte of escape) this.#bytes[this.#end++] = byte;
      at += lengthOf(text[at]!);
    }
    return true;
  }

  /** Puts text up to its first character that is unsafe or not UTF-8; returns where that is. */
  #putSafe(text: Uint8Array, start: number, end: number, isSpecial: Uint8Array): number {
    this.#reserve(end - start);
    const to = this.#bytes;
    let next = this.#end;
    let at = start;
    while (at < end) {
      const first = text[at]!;
      if (isSpecial[first] === 0) {
        to[next++] = first;
        at++;
        continue;
      }
      if (first < ASCII) break;
      const code = codePointAt(text, at, end);
      if (code < 0 || isUnsafe(code)) break;
      to[next++] = first;
      to[next++] = text[at + 1]!;
      if (first >= 0xe0) to[next++] = text[at + 2]!;
      if (first >= 0xf0) to[next++] = text[at + 3]!;
      at += lengthOf(first);
    }
    this.#end = next;
    return at;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + count));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/** The character at an offset; -1 where there is no whole one in UTF-8 before `end`. */
function codePointAt(text: Uint8Array, at: number, end: number): number {
  const first = text[at]!;
  if (first < ASCII) return first;
  if (first < 0xc2 || first > 0xf4 || at + lengthOf(first) > end) return -1;
  const second = text[at + 1]! ^ 0x80;
  if (first < 0xe0) return second > 0x3f ? -1 : (first & 0x1f) << 6 | second;
  const third = text[at + 2]! ^ 0x80;
  if ((second | third) > 0x3f) return -1;
  if (first < 0xf0) {
    const code = (first & 0x0f) << 12 | second << 6 | third;
    return code < 0x800 || (code & 0xf800) === 0xd800 ? -1 : code;
  }
  const fourth = text[at + 3]! ^ 0x80;
  const code = (first & 0x07) << 18 | second << 12 | third << 6 | fourth;
  return fourth > 0x3f || code < 0x10000 || code > 0x10ffff ? -1 : code;
}
