import fc from "fast-check";
import { TooLarge } from "../../lib/wire/errors.ts";
import { lines, raw } from "../../lib/wire/dialect.ts";
import { Kind } from "../../lib/wire/frames.ts";
import {
  encodeLine,
  linesIn,
  recvLine,
  recvLineMsg,
  skipLine,
  sweepLines,
} from "../../lib/wire/lines.ts";
import { encodeBroadcast, encodeCount, encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { concat, cut, drip, pieces, utf8 } from "../support/sources.ts";

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

const RULES = { limit: 10, whole: 10, highestKind: Kind.text };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("recvLineMsg() keeps a line as it came beside its text", PURE, async () => {
  const reader = new ByteReader(pieces(utf8("a\r\n\nlast")));
  for (const [line, payload] of [["a\r\n", "a"], ["\n", ""], ["last", "last"]]) {
    const message = (await recvLineMsg(reader, RULES))!;
    assertEquals([text(message.raw), text(message.payload)], [line, payload]);
    assertEquals([message.kind, message.bytes], [Kind.text, payload!.length]);
  }
  assertEquals(await recvLineMsg(reader, RULES), null);
});

Deno.test(
  "sweepLines() stops before a command, a line too long, and one not whole",
  PURE,
  async () => {
    for (
      const [ahead, count, bytes] of [
        ["b\r\nccc\nquit\nd\n", 2, 4],
        ["b\nexit\r\nd\n", 1, 1],
        ["b\n\r\nd\n", 1, 1],
        ["b\n0123456789\n01234567890\nd\n", 2, 11],
        ["b\n0123456789\r\nd\n", 1, 1], // as recvLine() counts, with its CR
        ["b\nccc", 1, 1],
        ["quit\n", 0, 0],
        ["", 0, 0],
      ] as const
    ) {
      const reader = new ByteReader(pieces(utf8(`a\n${ahead}`)));
      await recvLineMsg(reader, RULES);
      assertEquals([ahead, sweepLines(reader, RULES)], [ahead, { count, bytes }]);
    }
  },
);

Deno.test("linesIn() finds the texts of a stretch", PURE, () => {
  assertEquals([...linesIn(utf8("a\r\n\nb\nc"))].map(text), ["a", "", "b", "c"]);
  assertEquals([...linesIn(new Uint8Array())], []);
});

Deno.test(
  "lines say all that a server says in a line, and of a history nothing",
  PURE,
  async () => {
    const said: Uint8Array[] = [];
    const sink = {
      write(bytes: Uint8Array) {
        said.push(bytes.slice());
        return Promise.resolve();
      },
    };
    await lines.send(sink, Kind.notice, utf8("Grüße"));
    await lines.send(sink, Kind.history, encodeCount(3));
    await lines.send(sink, Kind.error, encodeError(ErrorCode.tooLarge, "it is too large"));
    for (const message of ["世界", "a: b", "\uFEFFa", "x\n", "x\r\n"]) {
      await lines.send(sink, Kind.broadcast, encodeBroadcast(utf8("[::1]:1"), utf8(message)));
    }
    assertEquals(
      concat(...said),
      utf8(
        "Grüße\nit is too large\n[::1]:1: 世界\n[::1]:1: a: b\n[::1]:1: \uFEFFa\n[::1]:1: x\n[::1]:1: x\n",
      ),
    );
  },
);

Deno.test(
  "raw and lines: what is said in several lines cannot pass for another's",
  PURE,
  async () => {
    for (const dialect of [lines, raw]) {
      let said = "";
      const sink = { write: (bytes: Uint8Array) => Promise.resolve(void (said += text(bytes))) };
      const message = utf8("a\n[::1]:2: b\r\n\nc\n");
      await dialect.send(sink, Kind.broadcast, encodeBroadcast(utf8("[::1]:1"), message));
      assertEquals(said, "[::1]:1: a\n [::1]:2: b\n \n c\n");
    }
  },
);

Deno.test("encodeLine() is what recvLine() reads", PURE, async () => {
  const bytes = new Uint8Array([0xff, 0x0d, 0x00]);
  assertEquals(await recvLine(new ByteReader(drip(encodeLine(bytes))), 10), bytes);
});
