/**
 * Text from outside, made safe to show: one pattern for unsafe characters, three ways to write them.
 *
 * @module
 */

/**
 * Characters that must not reach a terminal or a log: controls, line separators, lone surrogates, and
 * those that are invisible or change the direction of text (bidi controls, zero width space, BOM,
 * tags, fillers, annotations). The lookbehind allows what emoji, Persian and other scripts need:
 * ZWNJ, ZWJ and variation selectors.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb](?<![\u200c\u200d\p{Variation_Selector}])/gu;

/** A word that logfmt needs no quotes for. */
const WORD = /^[\w.+\/-]+$/;

const TAB = 0x09, LF = 0x0a, CR = 0x0d, DOUBLE = 0x22, SINGLE = 0x27, BACKSLASH = 0x5c;

/** The first 256 characters escaped, for a terminal and for Python alike: `\n`, `\x1b`. */
const ESCAPES = Array.from({ length: 256 }, (_, code) => `\\x${hex(code, 2)}`);
ESCAPES[TAB] = "\\t";
ESCAPES[LF] = "\\n";
ESCAPES[CR] = "\\r";

const encoder = new TextEncoder();
// A byte order mark is kept. It is part of the bytes, and is shown like other invisible characters.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of Python for each byte. Quotes are escaped later, since that depends on other bytes. */
const PYTHON = ESCAPES.map((escape, code) => {
  if (code === BACKSLASH) return encoder.encode("\\\\");
  return code >= 0x20 && code <= 0x7e ? new Uint8Array([code]) : encoder.encode(escape);
});

/**
 * One safe line for a terminal: `\n`, `\x1b`, `\u202e`, `\u{e0001}` for unsafe characters, and
 * replacement characters for what is not UTF-8. A backslash stays as it is, so that a message reads
 * as it was typed. Only the log and JSON tell a backslash from an escape.
 */
export function safeText(text: Uint8Array | string): string {
  return decoded(text).replace(UNSAFE, terminalEscape);
}

/** The value of a logfmt pair: without quotes if it is a plain word, else as `logfmtText`. */
export function logfmtValue(text: Uint8Array | string): string {
  const value = decoded(text);
  return WORD.test(value) ? value : logfmtText(value);
}

/**
 * The value of a logfmt pair in quotes. It is a JSON string: readers of logfmt know its escapes (they
 * reject `\x1b`), and it reads back to exactly the same text.
 */
export function logfmtText(text: Uint8Array | string): string {
  return jsonLine(decoded(text));
}

/** JSON on one safe line, which reads back to exactly the same value. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, jsonEscape);
}

/** Bytes as Python 3 shows them (003): `b'...'`, exactly as its `repr` does. */
export function pythonRepr(bytes: Uint8Array): string {
  const quote = bytes.includes(SINGLE) && !bytes.includes(DOUBLE) ? DOUBLE : SINGLE;
  // From bytes to bytes: by way of strings, 16 MiB of binary take seconds instead of 0.4.
  const shown = new Uint8Array(bytes.length * "\\xff".length + "b''".length);
  shown.set([0x62, quote]);
  let end = 2;
  for (const byte of bytes) {
    if (byte === quote) shown[end++] = BACKSLASH;
    for (const char of PYTHON[byte]!) shown[end++] = char;
  }
  shown[end++] = quote;
  return decoder.decode(shown.subarray(0, end));
}

function decoded(text: Uint8Array | string): string {
  return typeof text === "string" ? text : decoder.decode(text);
}

function terminalEscape(char: string): string {
  const code = char.codePointAt(0)!;
  return ESCAPES[code] ?? (code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`);
}

/** A long range without an unsafe character: Chinese, Japanese, Korean and some others. */
const EAST_ASIAN = { first: 0x3165, last: 0xd7ff };

/** For each 256 characters, once one of them was asked for: which are unsafe; null where none is. */
const unsafePages: (Uint8Array | null)[] = [];

/** Whether a character must not be shown as it is. A table, since the pattern takes 40 times as long. */
export function isUnsafe(code: number): boolean {
  if (code >= EAST_ASIAN.first && code <= EAST_ASIAN.last) return false;
  let page = unsafePages[code >> 8];
  if (page === undefined) page = unsafePages[code >> 8] = unsafePage(code & ~0xff);
  return page !== null && page[code & 0xff] === 1;
}

function unsafePage(first: number): Uint8Array | null {
  const page = Uint8Array.from(
    { length: 256 },
    (_, i) => String.fromCodePoint(first + i).search(UNSAFE) === 0 ? 1 : 0,
  );
  return page.includes(1) ? page : null;
}

/** JSON escapes have four digits. A character beyond them is written as its two UTF-16 halves. */
function jsonEscape(char: string): string {
  return char.split("").map((half) => `\\u${hex(half.charCodeAt(0), 4)}`).join("");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
