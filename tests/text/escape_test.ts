import fc from "fast-check";
import { logfmtText, logfmtValue, pythonRepr, safeText } from "../../lib/text/escape.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { assertSafe, isUnsafe, UNSAFE_RANGES } from "../support/hostile.ts";

const PURE = { permissions: "none" } as const;
const utf8 = new TextEncoder();

/** Any text: ordinary, with lone surrogates, and full of what has to be escaped. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.array(fc.oneof(
    fc.constantFrom(...UNSAFE_RANGES.flat()),
    fc.nat(0x7f),
  )).map((codes) => String.fromCodePoint(...codes)),
);
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 64 }), anyText.map((it) => utf8.encode(it)));

Deno.test("safeText escapes each unsafe character, and every place it is in", PURE, () => {
  const table: Record<string, string> = {
    "a\nb\r\tc": "a\\nb\\r\\tc",
    "\x00\x1b[31mred\x1b[0m\x7f": "\\x00\\x1b[31mred\\x1b[0m\\x7f",
    "\x85\x9b2J": "\\x85\\x9b2J",
    "a\u2028b\u2029c": "a\\u2028b\\u2029c",
    "user\u202etxt.exe": "user\\u202etxt.exe",
    "\u2066\u2069\u200e\u200f\u061c": "\\u2066\\u2069\\u200e\\u200f\\u061c",
    "pay\u200bpal\u00ad\ufeff": "pay\\u200bpal\\xad\\ufeff",
    "\u{e0001}\u{e0041}\u{e007f}": "\\u{e0001}\\u{e0041}\\u{e007f}",
    "\ud83d \ude00 \ud83d": "\\ud83d \\ude00 \\ud83d",
  };
  for (const [text, shown] of Object.entries(table)) assertEquals(safeText(text), shown);
});

Deno.test("safeText leaves readable text as it is, in any script, and backslashes", PURE, () => {
  const texts = [
    "",
    "hello, world",
    "C:\\new\\table \\x1b",
    "naïve Ünïcödé ☃ 中文 עברית العربية हिन्दी",
    "می‌خواهم", // Persian, with a zero width non-joiner
    "😀 👩‍👩‍👧‍👦 ❤️ 🏳️‍🌈 1️⃣ 🇳🇴", // joiners and variation selectors
    "葛󠄀", // a variation of an ideograph
  ];
  for (const text of texts) assertEquals(safeText(text), text);
});

Deno.test("safeText decodes UTF-8, with replacement characters for what is not", PURE, () => {
  assertEquals(safeText(utf8.encode("héllo 😀")), "héllo 😀");
  assertEquals(
    safeText(new Uint8Array([0x61, 0xff, 0xc3, 0x62, 0xe2, 0x82])),
    "a\ufffd\ufffdb\ufffd",
  );
  assertEquals(safeText(new Uint8Array([0xed, 0xa0, 0x80])), "\ufffd\ufffd\ufffd"); // a surrogate
});

Deno.test("safeText shows a byte order mark at the start too", PURE, () => {
  assertEquals(safeText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), "\\ufeffa");
});

Deno.test("safeText and logfmtText are safe for every single character", PURE, () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const char = String.fromCodePoint(code);
    if (isUnsafe(code)) {
      assert(/^\\[\x20-\x7e]+$/.test(safeText(char)), code.toString(16));
      assert(/^"\\[\x20-\x7e]+"$/.test(logfmtText(char)), code.toString(16));
    }
  }
});

Deno.test("safeText is safe for any text and any bytes, and stable", PURE, () => {
  fc.assert(fc.property(fc.oneof(anyText, anyBytes), (text) => {
    const shown = safeText(text);
    assertSafe(shown);
    assertEquals(safeText(shown), shown);
  }));
});

Deno.test("logfmtValue is bare for a plain word only", PURE, () => {
  for (const word of ["hello", "192.168.1.3", "too-large", "a_b", "x/y.log", "1+1"]) {
    assertEquals(logfmtValue(word), word);
  }
  const table: Record<string, string> = {
    "": '""',
    "two words": '"two words"',
    "[::1]:50512": '"[::1]:50512"',
    "a=b": '"a=b"',
    'say "hi"': '"say \\"hi\\""',
    "it's": `"it's"`,
    "back\\slash": '"back\\\\slash"',
    "café": '"café"',
    "word\n": '"word\\n"',
  };
  for (const [text, value] of Object.entries(table)) assertEquals(logfmtValue(text), value);
});

Deno.test("logfmtText escapes as JSON does, which readers of logfmt know", PURE, () => {
  const table: Record<string, string> = {
    "hello": '"hello"',
    "\x1b[31m\x7f\x9b": '"\\u001b[31m\\u007f\\u009b"',
    "\r\n\t": '"\\r\\n\\t"',
    "\u202e\u2028\ufeff": '"\\u202e\\u2028\\ufeff"',
    "\u{e0041}": '"\\udb40\\udc41"',
    "\ud800": '"\\ud800"',
    "\\u202e": '"\\\\u202e"',
    "😀": '"😀"',
  };
  for (const [text, value] of Object.entries(table)) assertEquals(logfmtText(text), value);
});

Deno.test("logfmtText and logfmtValue are safe and read back to the very text", PURE, () => {
  fc.assert(fc.property(anyText, (text) => {
    const quoted = logfmtText(text);
    assertSafe(quoted);
    assertEquals(JSON.parse(quoted), text);
    const value = logfmtValue(text);
    assert(value === quoted || value === text && /^[^\s="\\]+$/.test(value), value);
  }));
});

// Each as Python 3.11 says it: python3 -c 'print(repr(bytes.fromhex("...")))'
const PYTHON: [text: string, repr: string][] = [
  ["", "b''"],
  ["Hello, world", "b'Hello, world'"],
  ["it's", `b"it's"`],
  ['say "hi"', `b'say "hi"'`],
  [`it's "here"`, `b'it\\'s "here"'`],
  ["'", `b"'"`],
  ['"', `b'"'`],
  [`'"`, `b'\\'"'`],
  ["''", `b"''"`],
  ["\\", "b'\\\\'"],
  ["\\'", `b"\\\\'"`],
  ["\\n", "b'\\\\n'"],
  ["a\tb\nc\rd", "b'a\\tb\\nc\\rd'"],
  ["\0\x07\b\v\f\x1b\x7f", "b'\\x00\\x07\\x08\\x0b\\x0c\\x1b\\x7f'"],
  ["é😀", "b'\\xc3\\xa9\\xf0\\x9f\\x98\\x80'"],
];

Deno.test("pythonRepr chooses quotes and escapes as Python does", PURE, () => {
  for (const [text, repr] of PYTHON) assertEquals(pythonRepr(utf8.encode(text)), repr);
});

Deno.test("pythonRepr shows all 256 bytes as Python does", PURE, () => {
  const shown = [
    String.raw`b'\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f`,
    String.raw`\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f`,
    " !\"#$%&\\'()*+,-./0123456789:;<=>?",
    String.raw`@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`,
    "`abcdefghijklmnopqrstuvwxyz{|}~\\x7f",
    String.raw`\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f`,
    String.raw`\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f`,
    String.raw`\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf`,
    String.raw`\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf`,
    String.raw`\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf`,
    String.raw`\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf`,
    String.raw`\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef`,
    String.raw`\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff'`,
  ].join("");
  assertEquals(pythonRepr(Uint8Array.from({ length: 256 }, (_, byte) => byte)), shown);
});

Deno.test("pythonRepr is printable ASCII on one line for any bytes", PURE, () => {
  fc.assert(fc.property(anyBytes, (bytes) => {
    assert(/^b(['"])[ -~]*\1$/.test(pythonRepr(bytes)));
  }));
});
