import fc from "fast-check";
import { TooLarge } from "../../lib/wire/errors.ts";
import { broadcastLine, encodeLine, recvLine, skipLine, visitLines } from "../../lib/wire/line.ts";
import { encodeBroadcast } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { cut, drip, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

async function linesOf(reader: ByteReader, limit = 1000): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await recvLine(reader, limit);
    if (line === null) return lines;
    lines.push(new TextDecoder().decode(line));
  }
}

Deno.test("recvLine() takes LF and CR LF for the end of a line", PURE, async () => {
  assertEquals(await linesOf(new ByteReader(pieces(utf8("a\nb\r\n\nc\n")))), ["a", "b", "", "c"]);
});

Deno.test("recvLine() takes a last line without an end", PURE, async () => {
  assertEquals(await linesOf(new ByteReader(drip(utf8("a\nb")))), ["a", "b"]);
});

Deno.test("recvLine() keeps bytes that are not UTF-8", PURE, async () => {
  const reader = new ByteReader(pieces(new Uint8Array([0xff, 0x0d, 0xfe, 0x0a])));
  assertEquals(await recvLine(reader, 10), new Uint8Array([0xff, 0x0d, 0xfe]));
});

Deno.test(
  "recvLine() refuses a line over the limit, whether its end came or not",
  PURE,
  async () => {
    for (const text of ["12345", "12345\n", "12345\r\n"]) {
      const error = await assertRejects(
        () => recvLine(new ByteReader(pieces(utf8(text))), 4),
        TooLarge,
      );
      assertEquals([error.size, error.limit], [5, 4]);
    }
    assertEquals(await linesOf(new ByteReader(pieces(utf8("1234\n"))), 4), ["1234"]);
  },
);

Deno.test("skipLine() goes on behind a line that is too large", PURE, async () => {
  const reader = new ByteReader(pieces(utf8("12345"), utf8("67890\nok\n")), { min: 4, max: 8 });
  await assertRejects(() => recvLine(reader, 4), TooLarge);
  await skipLine(reader);
  assertEquals(await linesOf(reader), ["ok"]);
  await skipLine(reader); // and at the end there is none
});

Deno.test("recvLine() finds the same lines, cut at any points", PURE, async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) =>
    !/[\r\n]/.test(text)
  );
  await fc.assert(fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, points) => {
    const source = cut(utf8(lines.map((text) => text + "\n").join("")), points);
    assertEquals(await linesOf(new ByteReader(source, { min: 8, max: 16 })), lines);
  }));
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("visitLines() finds the texts of a stretch", PURE, () => {
  const textsOf = (stretch: Uint8Array) => {
    const texts: string[] = [];
    visitLines(stretch, (bytes, start, end) => texts.push(text(bytes.subarray(start, end))));
    return texts;
  };
  assertEquals(textsOf(utf8("a\r\n\n\r\nb\nc")), ["a", "", "", "b", "c"]);
  assertEquals(textsOf(new Uint8Array()), []);
});

Deno.test("encodeLine() is what recvLine() reads", PURE, async () => {
  const bytes = new Uint8Array([0xff, 0x0d, 0x00]);
  assertEquals(await recvLine(new ByteReader(drip(encodeLine(bytes))), 10), bytes);
});

Deno.test("broadcastLine() shows the sender before the message, without its line end", PURE, () => {
  for (const message of ["世界", "a: b", "\uFEFFa", "x", "x\n", "x\r\n"]) {
    const line = broadcastLine(encodeBroadcast(utf8("[::1]:1"), utf8(message)));
    assertEquals(line, utf8(`[::1]:1: ${message.trimEnd()}\n`));
  }
});

Deno.test(
  "broadcastLine() keeps a message of several lines from passing for another sender's",
  PURE,
  () => {
    const payload = encodeBroadcast(utf8("[::1]:1"), utf8("a\n[::1]:2: b\r\n\nc\n"));
    assertEquals(text(broadcastLine(payload)), "[::1]:1: a\n [::1]:2: b\n \n c\n");
  },
);

Deno.test("recvLine() does not count the CR of a line's end against the limit", PURE, async () => {
  for (const sent of [[utf8("abcd\r\n")], [utf8("abcd\r"), utf8("\n")]]) {
    assertEquals(
      text(await recvLine(new ByteReader(pieces(...sent)), 4) ?? new Uint8Array()),
      "abcd",
    );
  }
  for (const sent of [[utf8("abcde\r\n")], [utf8("abcd\rx\n")]]) {
    await assertRejects(() => recvLine(new ByteReader(pieces(...sent)), 4), TooLarge);
  }
});
