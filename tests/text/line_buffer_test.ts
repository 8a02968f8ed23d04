import fc from "fast-check";
import { logfmtText, safeText } from "../../lib/text/escape.ts";
import { excerpt } from "../../lib/text/excerpt.ts";
import { type Escapes, JSON_STRING, LineBuffer, TERMINAL } from "../../lib/text/line_buffer.ts";
import { assertEquals } from "../support/assert.ts";
import { concat, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const PLAIN = new TextDecoder("utf-8", { ignoreBOM: true });

function put(escapes: Escapes, ...texts: string[]): string {
  const lines = new LineBuffer();
  for (const text of texts) lines.putText(utf8(text), escapes);
  return PLAIN.decode(lines.take());
}

const asJson = (text: string) => logfmtText(text).slice(1, -1);

Deno.test("LineBuffer escapes each character as the functions for strings do", PURE, () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue; // never in UTF-8
    if (code > 0x3000 && code < 0xa000 && code % 64 > 0) continue; // many of one kind
    if (code > 0xffff && code % 16 > 0 && code >> 12 !== 0xe0) continue;
    const text = String.fromCodePoint(code);
    if (put(TERMINAL, text) !== safeText(text)) assertEquals(put(TERMINAL, text), safeText(text));
    if (put(JSON_STRING, text) !== asJson(text)) assertEquals(put(JSON_STRING, text), asJson(text));
  }
});

Deno.test("LineBuffer escapes any text as the functions for strings do", PURE, () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({
      unit: fc.constantFrom("a", '"', "\\", "\n", "é", "中", "\u202e", "😀"),
      maxLength: 300,
    }),
  ).filter((it) => it.isWellFormed());
  fc.assert(fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
    assertEquals(put(TERMINAL, ...texts), texts.map(safeText).join(""));
    assertEquals(put(JSON_STRING, ...texts), texts.map(asJson).join(""));
  }));
});

Deno.test("LineBuffer grows to what is put into it, and begins again after take()", PURE, () => {
  const lines = new LineBuffer();
  const long = utf8("x".repeat(100_000));
  for (let round = 0; round < 2; round++) {
    lines.put(utf8("a"));
    lines.putText(long, TERMINAL);
    lines.putText(utf8("\n".repeat(100_000)), TERMINAL);
    lines.putHex(new Uint8Array([0, 0x7f, 0xff]));
    for (const number of [0, 9, 10, 12_345_678_901]) lines.putNumber(number);
    const tail = utf8("007fff091012345678901");
    assertEquals(lines.take(), concat(utf8("a"), long, utf8("\\n".repeat(100_000)), tail));
  }
  assertEquals(lines.take().length, 0);
});

Deno.test(
  "excerpt() is the text up to the bound, or the first bytes of what is not text",
  PURE,
  () => {
    const euro = utf8("€€€"); // three bytes each
    assertEquals(excerpt(euro, 9), { isText: true, bytes: euro });
    for (const bound of [6, 7, 8]) {
      assertEquals(excerpt(euro, 9, bound), { isText: true, bytes: euro.subarray(0, 6) });
    }
    const cut = euro.subarray(0, 8);
    assertEquals(excerpt(cut, 8), { isText: false, bytes: cut });
    assertEquals(excerpt(cut, 100), { isText: true, bytes: euro.subarray(0, 6) });
    const noText = new Uint8Array(100).fill(0xff);
    assertEquals(excerpt(noText, 100, 50), { isText: false, bytes: noText.subarray(0, 32) });
    assertEquals(excerpt(new Uint8Array(), 0), { isText: true, bytes: new Uint8Array() });
  },
);
