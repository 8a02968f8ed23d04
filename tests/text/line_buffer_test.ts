import fc from "fast-check";
import { isUtf8 } from "node:buffer";
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

Deno.test("LineBuffer escapes each character of a long text as that of a short one", PURE, () => {
  const filler = { ascii: "x".repeat(1000), other: "中".repeat(1000) };
  for (let code = 0; code <= 0xffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    if (code > 0x3200 && code < 0xa000 && code % 64 > 0) continue;
    const character = String.fromCharCode(code);
    for (const escapes of [TERMINAL, JSON_STRING]) {
      const short = put(escapes, character);
      for (const text of Object.values(filler)) {
        const long = put(escapes, `${text}${character}`);
        if (long !== text + short) assertEquals(long, text + short, `U+${code.toString(16)}`);
      }
    }
  }
  const emoji = `${filler.other}😀${filler.ascii}`;
  assertEquals(put(TERMINAL, emoji), emoji);
});

Deno.test("LineBuffer puts what is UTF-8, and nothing of what is not", PURE, () => {
  const piece = fc.oneof(
    fc.constantFrom(...["a", "é", "中", "😀", "\ufffd", "\ufeff", "x".repeat(600)].map(utf8)),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    // Overlong, a surrogate, too large, cut, a stray second byte.
    ...["c080", "c1bf", "e09fbf", "eda080", "f08080af", "f4908080", "f5808080", "e4b8", "80"]
      .map((hex) => fc.constant(Uint8Array.fromHex(hex))),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      const text = concat(...pieces);
      const lines = new LineBuffer();
      lines.put(utf8("before"));
      assertEquals(lines.putText(text, TERMINAL), isUtf8(text));
      if (!isUtf8(text)) assertEquals(lines.take(), utf8("before"));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("LineBuffer puts base64 as toBase64() makes it", PURE, () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const lines = new LineBuffer();
    lines.putBase64(concat(utf8("xx"), bytes, utf8("y")), 2, 2 + bytes.length);
    assertEquals(PLAIN.decode(lines.take()), bytes.toBase64());
  }));
});

Deno.test("LineBuffer repeats what was put, and takes back what was", PURE, () => {
  const lines = new LineBuffer();
  lines.put(utf8("-ab"));
  for (let i = 0; i < 5000; i++) lines.repeat(1, 3); // it grows
  assertEquals(lines.length, 3 + 10_000);
  lines.cut(5);
  assertEquals(lines.take(), utf8("-abab"));
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
