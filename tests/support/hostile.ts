/**
 * What must never be shown as it is, written down apart from the code that is tested, and messages
 * that try it.
 *
 * @module
 */
import { assert } from "./assert.ts";
import { concat, utf8 } from "./sources.ts";

/** First and last of the characters that must not reach a terminal or a log as they are. */
export const UNSAFE_RANGES: [number, number][] = [
  [0x0000, 0x001f], // C0
  [0x007f, 0x009f], // DEL, C1
  [0x00ad, 0x00ad], // soft hyphen
  [0x061c, 0x061c], // Arabic letter mark
  [0x180e, 0x180e], // Mongolian vowel separator
  [0x200b, 0x200b], // zero width space
  [0x200e, 0x200f], // left-to-right and right-to-left mark
  [0x2028, 0x202e], // line and paragraph separator, embeddings and overrides
  [0x2060, 0x206f], // word joiner, invisible operators, isolates, deprecated
  [0xd800, 0xdfff], // lone surrogates
  [0xfeff, 0xfeff], // byte order mark
  [0xfff9, 0xfffb], // interlinear annotations
  [0xe0000, 0xe007f], // tags
];

/** Whether a character must not be shown as it is. */
export function isUnsafe(code: number): boolean {
  return UNSAFE_RANGES.some(([first, last]) => code >= first && code <= last);
}

/** Throws unless a text can be shown: one line, nothing in it but what it looks like. */
export function assertSafe(text: string): void {
  for (const char of text) assert(!isUnsafe(char.codePointAt(0)!), JSON.stringify(text));
}

/** Throws unless each line of a text can be shown. A program's output is UTF-8, or it was not read. */
export function assertSafeLines(text: string): void {
  text.split("\n").forEach(assertSafe);
}

/** Stands in each of the texts where a terminal or a log that was taken in would begin anew. */
export const FORGED = "FORGED";

const LOG_LINE = "time=2026-11-21T02:20:10.915Z level=error event=server-stop port=1 text=";

/** Texts that would do something to who shows them as they are; each has `FORGED` at that place. */
export const HOSTILE_TEXTS: Record<string, string> = {
  "clears the screen (CSI)": "\x1b[2J\x1b[1;31mFORGED\x1b[0m",
  "links elsewhere (OSC 8)": "\x1b]8;;http://192.0.2.1\x1b\\FORGED\x1b]8;;\x1b\\",
  "fills the clipboard (OSC 52)": "\x1b]52;c;Rk9SR0VE\x07FORGED",
  "names the window (OSC 0)": "\x1b]0;FORGED\x07",
  "asks the terminal (DSR)": "\x1b[6n\x1bP$qm\x1b\\FORGED",
  "is a C1 control": "\u009b2J\u009d0;FORGED\u009c\u0085FORGED",
  "begins a line (LF)": "\nFORGED",
  "begins a line (CR LF)": "\r\nFORGED",
  "covers its line (CR)": "\rFORGED",
  "covers its line (BS)": "\b\b\b\b\b\b\b\bFORGED",
  "forges a line of the log": `"\n${LOG_LINE}FORGED`,
  "forges fields of the log": `" level=error reason=quit text="FORGED`,
  "forges an event in JSON": `"}\n{"event":"server-stop","text":"FORGED`,
  "begins a line (VT, FF, NEL, LS, PS)": "\v\f\u0085\u2028\u2029FORGED",
  "ends a string (NUL)": "\0FORGED",
  "rings, deletes, tabs": "\x07\x7f\tFORGED",
  "turns the direction": "\u202eFORGED\u202c \u2066FORGED\u2069 \u200fFORGED\u061c",
  "is invisible": "\ufeff\u200b\u2060\u00ad\u{e0001}\u{e0041}FORGED",
  "has quotes and backslashes": `\\" \\n \\x1b[2J '" \\FORGED\\`,
};

/** The same as messages, and some that are no text. */
export const HOSTILE: Uint8Array[] = [
  ...Object.values(HOSTILE_TEXTS).map(utf8),
  ...[[0xff, 0xfe], [0x9b], [0xc0, 0x9b], [0xed, 0xa0, 0x80], [0xe2, 0x80], [
    0xf4,
    0x90,
    0x80,
    0x80,
  ]]
    .map((bytes) => concat(Uint8Array.from(bytes), utf8(FORGED))),
];

/** The same, each with its number before it: `#3# `. */
export function numbered(messages: Uint8Array[]): Uint8Array[] {
  return messages.map((message, i) => concat(utf8(`#${i}# `), message));
}

/**
 * Throws unless each line of `text` can be shown, nothing forged stands at the beginning of one, and
 * each of the numbered messages from `first` up to `end` is in exactly `times` of them, as text or as
 * hexadecimal digits.
 */
export function assertShown(text: string, first: number, end: number, times: number): void {
  assertSafeLines(text);
  const lines = text.split("\n");
  for (const line of lines) {
    assert(!line.includes(FORGED) || /#\d+# /.test(line), `a line was forged: ${line}`);
  }
  for (let i = first; i < end; i++) {
    const mark = `#${i}# `;
    const hex = new TextEncoder().encode(mark).toHex(); // of what is not text
    const found = lines.filter((line) => line.includes(mark) || line.includes(hex)).length;
    assert(found === times, `message ${i} is in ${found} lines, and not ${times}, of:\n${text}`);
  }
}
