/**
 * Text from outside, made safe to show: one predicate for what is unsafe, three ways to write it.
 *
 * @module
 */

/**
 * What must not reach a terminal or a log as it is: controls, line separators, lone surrogates, and
 * whatever is invisible or turns the direction of the text (bidi controls, zero width space, BOM,
 * tags, fillers, annotations). The end takes out again what emoji, Persian and others need: ZWNJ,
 * ZWJ and variation selectors.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb](?<![\u200c\u200d\p{Variation_Selector}])/gu;

/** What a log reader takes as a word without quotes. */
const WORD = /^[\w.+\/-]+$/;

const TAB = 0x09, LF = 0x0a, CR = 0x0d, DOUBLE = 0x22, SINGLE = 0x27, BACKSLASH = 0x5c;

/** The first 256 characters escaped, for a terminal and for Python alike: `\n`, `\x1b`. */
const ESCAPES = Array.from({ length: 256 }, (_, code) => `\\x${hex(code, 2)}`);
ESCAPES[TAB] = "\\t";
ESCAPES[LF] = "\\n";
ESCAPES[CR] = "\\r";

const encoder = new TextEncoder();
// A byte order mark is kept: it is part of what came, and is shown like whatever is invisible.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What Python writes for each byte; which quote needs a backslash depends on the others. */
const PYTHON = ESCAPES.map((escape, code) => {
  if (code === BACKSLASH) return encoder.encode("\\\\");
  return code >= 0x20 && code <= 0x7e ? new Uint8Array([code]) : encoder.encode(escape);
});

/**
 * One safe line for a terminal: `\n`, `\x1b`, `\u202e`, `\u{e0001}` instead of what is unsafe, and
 * replacement characters for what is not UTF-8. A backslash stays as it is, so that what people
 * type reads as they typed it; who needs to tell it from an escape reads the log or the JSON.
 */
export function safeText(text: Uint8Array | string): string {
  return decoded(text).replace(UNSAFE, terminalEscape);
}

/** The value of a logfmt pair: bare if it is a plain word, or else as `logfmtText` has it. */
export function logfmtValue(text: Uint8Array | string): string {
  const value = decoded(text);
  return WORD.test(value) ? value : logfmtText(value);
}

/**
 * The value of a logfmt pair in quotes. It is a JSON string, whose escapes are those that readers
 * of logfmt know (they refuse `\x1b`), so that it reads back to exactly the text it was.
 */
export function logfmtText(text: Uint8Array | string): string {
  return jsonLine(decoded(text));
}

/** JSON on one safe line, which reads back to exactly what it was. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, jsonEscape);
}

/** The bytes as Python 3 shows them (003): `b'...'`, exactly as its `repr` does. */
export function pythonRepr(bytes: Uint8Array): string {
  const quote = bytes.includes(SINGLE) && !bytes.includes(DOUBLE) ? DOUBLE : SINGLE;
  // Bytes to bytes: with strings, 16 MiB that are not text would take seconds instead of 0.4.
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

/** JSON has four digits only: a character beyond them is the two halves it has in UTF-16. */
function jsonEscape(char: string): string {
  return char.split("").map((half) => `\\u${hex(half.charCodeAt(0), 4)}`).join("");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
