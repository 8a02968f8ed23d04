import fc from "fast-check";
import { TooLarge } from "../../lib/wire/errors.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { lines } from "../../lib/wire/lines.ts";
import { encodeCount, ErrorCode } from "../../lib/wire/payloads.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { openCodec, transcriptOf } from "../support/codec.ts";
import { cut, drip, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const LIMITS = { maxMessage: 10, maxHeld: 10 };

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const open = (...all: string[]) => openCodec(lines, pieces(...all.map(utf8)), LIMITS);

Deno.test(
  "lines: one read of whole lines is one batch, and its echo has their ends",
  PURE,
  async () => {
    const { next, reader } = open("a\r\n\u00e9\nbc\nd");
    const batch = await next();
    assertEquals([batch?.kind, batch?.count, batch?.bytes], [Kind.text, 3, 5]);
    assertEquals(batch?.payloads.map(text), ["a", "\u00e9", "bc"]);
    assertEquals(text(batch?.echo), "a\r\n\u00e9\nbc\n");
    assertEquals(reader.available, 1);
  },
);

Deno.test("lines: the last line needs no end", PURE, async () => {
  const { next } = open("a\nlast");
  assertEquals(text((await next())?.echo), "a\n");
  const batch = await next();
  assertEquals([text(batch?.echo), batch?.payloads.map(text)], ["last", ["last"]]);
  assertEquals([await next(), await next()], [null, null]);
});

Deno.test("lines: a command is a batch of its own, also without its end", PURE, async () => {
  for (
    const [sent, before, command] of [
      ["b\r\nccc\nquit\nd\n", 2, "quit"],
      ["b\nexit\r\nd\n", 1, "exit"],
      ["b\n\r\nd\n", 1, "empty"],
      ["b\nquit", 1, "quit"],
    ] as const
  ) {
    const { next } = open(sent);
    assertEquals((await next())?.count, before);
    assertEquals((await next())?.command, command);
  }
});

Deno.test("lines: a line over the limit is malformed, with or without its end", PURE, async () => {
  for (const line of ["01234567890\n", "01234567890", "01234567890\r\n"]) {
    const { next } = open(`b\n${line}`);
    assertEquals((await next())?.count, 1);
    const error = await assertRejects(next, TooLarge);
    assertEquals([error.size, error.limit], [11, 10]);
  }
  for (const line of ["0123456789\n", "0123456789\r\n"]) {
    assertEquals((await open(line).next())?.bytes, 10);
  }
});

Deno.test(
  "lines: any lines, cut at any points, give the same messages and echo",
  PURE,
  async () => {
    const line = fc.uint8Array({ min: 0x20, maxLength: 10, minLength: 5 });
    const end = fc.constantFrom("\n", "\r\n");
    const cuts = fc.array(fc.nat(), { maxLength: 50 });
    const limits = { maxMessage: 11, maxHeld: 5 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(line, end)), cuts, async (list, points) => {
        const bytes = list.flatMap(([line, end]) => [...line, ...utf8(end)]);
        const sent = Uint8Array.from(bytes);
        const { next } = openCodec(lines, cut(sent, points), limits, { min: 4, max: 16 });
        const { messages, echo, error } = await transcriptOf(next);
        assertEquals(error, null);
        assertEquals(echo, sent);
        assertEquals(messages.map(({ payload }) => payload), list.map(([line]) => line));
      }),
    );
  },
);

Deno.test("lines: a long line that drips in is searched once for its end", PURE, async () => {
  const line = utf8("x".repeat(5000) + "\n");
  const { codec, reader } = openCodec(lines, drip(line), { maxMessage: 9999, maxHeld: 10 });
  let needs = 0;
  while (codec.take() === null) {
    assertEquals(codec.needs, ++needs); // never less than what was searched
    await reader.fill(codec.needs);
  }
});

Deno.test("lines: the server's own texts are lines; a history has no mark", PURE, () => {
  const { codec } = open();
  assertEquals(codec.encode(Kind.notice, utf8("Grüße")), utf8("Grüße\n"));
  assertEquals(codec.encode(Kind.history, encodeCount(3)), null);
  assertEquals(
    codec.farewell({ code: ErrorCode.tooLarge, text: "too large" }),
    utf8("too large\n"),
  );
  assertEquals(codec.farewell({ code: null, text: "end" }), null);
});
