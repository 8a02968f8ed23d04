import fc from "fast-check";
import { TooLarge } from "../../lib/wire/errors.ts";
import { recvLine, skipLine } from "../../lib/wire/lines.ts";
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
    for (const text of ["12345", "12345\n", "1234\r\n"]) {
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
  const reader = new ByteReader(pieces(utf8("12345"), utf8("67890\nok\n")), { least: 4, most: 8 });
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
    assertEquals(await linesOf(new ByteReader(source, { least: 8, most: 16 })), lines);
  }));
});
