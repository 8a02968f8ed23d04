import fc from "fast-check";
import type { CodecLimits } from "../../lib/wire/codec.ts";
import {
  EmptyFrame,
  TooLarge,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "../../lib/wire/errors.ts";
import { encodeMsg, frames } from "../../lib/wire/frames.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MAX_MESSAGE_BYTES, recvMsg } from "../../lib/wire/message.ts";
import { ErrorCode } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { openCodec, type Taken, transcriptOf } from "../support/codec.ts";
import { PAIRS } from "../support/pairs.ts";
import { concat, cut, drip, noise, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const ALL: CodecLimits = { maxMessage: MAX_MESSAGE_BYTES, maxHeld: MAX_MESSAGE_BYTES };
const SMALL: CodecLimits = { maxMessage: 10, maxHeld: 10 };

const header = (length: number, ...rest: number[]) => {
  const bytes = new Uint8Array(4 + rest.length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(rest, 4);
  return bytes;
};
const open = (source: ByteSource, limits = ALL, size?: { min: number; max: number }) =>
  openCodec(frames, source, limits, size);
const first = (bytes: Uint8Array, limits = ALL) => open(pieces(bytes), limits).next();
const framesOf = (...texts: string[]) => texts.map((text) => encodeMsg(Kind.text, utf8(text)));
const texts = (batch: Taken | null) => batch?.payloads.map((it) => new TextDecoder().decode(it));

Deno.test("a frame is its length, its kind and its payload", PURE, () => {
  assertEquals(encodeMsg(Kind.text, utf8("hi")), new Uint8Array([0, 0, 0, 3, 1, 104, 105]));
});

Deno.test(
  "frames: null comes at a clean end between two messages, again and again",
  PURE,
  async () => {
    const { next } = open(pieces(encodeMsg(Kind.bytes, utf8("a"))));
    assertEquals(texts(await next()), ["a"]);
    assertEquals([await next(), await next()], [null, null]);
  },
);

Deno.test("frames: bytes without a payload are a message like any other", PURE, async () => {
  const batch = await first(encodeMsg(Kind.bytes, new Uint8Array()));
  assertEquals([batch?.kind, batch?.count, batch?.bytes, batch?.echo.length], [0, 1, 0, 5]);
});

Deno.test(
  "frames: length 0 has no kind, and is malformed without waiting for more",
  PURE,
  async () => {
    await assertRejects(() => first(header(0)), EmptyFrame, "length 0");
  },
);

Deno.test(
  "frames: a payload of exactly the limit is taken, one byte more is not",
  PURE,
  async () => {
    assertEquals((await first(encodeMsg(Kind.text, noise(10)), SMALL))?.payloads, [noise(10)]);
    const error = await assertRejects(() => first(header(12), SMALL), TooLarge);
    assertEquals([error.size, error.limit], [11, 10]);
    await assertRejects(() => first(header(0xffff_ffff)), TooLarge, "4294967294");
  },
);

Deno.test("frames: a truncated header tells how much of it came", PURE, async () => {
  const error = await assertRejects(() => first(header(5).subarray(0, 3)), TruncatedHeader);
  assertEquals([error.got, error.wanted], [3, 4]);
});

Deno.test("frames: a truncated body tells how much of it came", PURE, async () => {
  const frame = encodeMsg(Kind.text, utf8("hello"));
  for (const got of [0, 1, 5]) {
    const error = await assertRejects(() => first(frame.subarray(0, 4 + got)), TruncatedBody);
    assertEquals([error.got, error.wanted], [got, 6]);
  }
});

Deno.test("frames: an unknown kind is malformed before its payload has come", PURE, async () => {
  const error = await assertRejects(() => first(header(1000, 6)), UnknownKind, "0x06");
  assertEquals(error.kind, 6);
  await assertRejects(() => first(header(1, Kind.notice)), UnknownKind);
});

Deno.test(
  "frames: one read of whole messages is one batch, and its echo is what came",
  PURE,
  async () => {
    const sent = concat(...framesOf("one", "two", "three"), framesOf("four")[0]!.subarray(0, 6));
    const { next, reader } = open(pieces(sent));
    const batch = await next();
    assertEquals(texts(batch), ["one", "two", "three"]);
    assertEquals([batch?.count, batch?.bytes, batch?.command], [3, 11, null]);
    assertEquals(batch?.echo, sent.subarray(0, sent.length - 6));
    assertEquals(reader.available, 6);
  },
);

Deno.test("frames: a command is a batch of its own, between what came with it", PURE, async () => {
  for (const [text, command] of [["quit", "quit"], ["exit", "exit"], ["", "empty"]] as const) {
    const { next } = open(pieces(concat(...framesOf("quits", "Quit", text, "more"))));
    assertEquals(texts(await next()), ["quits", "Quit"]);
    const batch = await next();
    assertEquals([batch?.command, batch?.count, batch?.echo.length], [command, 0, 0]);
    assertEquals(texts(await next()), ["more"]);
  }
});

Deno.test("frames: bytes are never a command", PURE, async () => {
  const batch = await first(encodeMsg(Kind.bytes, utf8("quit")));
  assertEquals([batch?.command, batch?.count], [null, 1]);
});

Deno.test("frames: messages of another kind are another batch", PURE, async () => {
  const { next } = open(pieces(concat(...framesOf("a", "b"), encodeMsg(Kind.bytes, utf8("c")))));
  assertEquals((await next())?.count, 2);
  assertEquals((await next())?.kind, Kind.bytes);
});

Deno.test("frames: the good messages before a malformed one come first", PURE, async () => {
  const bad = [[header(0, 0), EmptyFrame], [header(99, 0), TooLarge], [header(1, 9), UnknownKind]];
  for (const [frame, error] of bad as [Uint8Array, typeof EmptyFrame][]) {
    const { next } = open(pieces(concat(...framesOf("ok"), frame)), SMALL);
    assertEquals(texts(await next()), ["ok"]);
    await assertRejects(next, error);
  }
});

const HELD_10: CodecLimits = { maxMessage: 100, maxHeld: 10 };

Deno.test("frames: a message of exactly the held length is held whole", PURE, async () => {
  const batch = await open(drip(encodeMsg(Kind.bytes, noise(10))), HELD_10).next();
  assertEquals([batch?.count, batch?.resumes, batch?.continues], [1, false, false]);
});

Deno.test(
  "frames: a longer message comes in pieces, the first of at least that length",
  PURE,
  async () => {
    const frame = encodeMsg(Kind.text, noise(50));
    for (const source of [pieces(frame), drip(frame)]) {
      const { next } = open(source, HELD_10, { min: 16, max: 16 });
      const got: Taken[] = [];
      for (let batch = await next(); batch !== null; batch = await next()) got.push(batch);
      assert(got.length > 1 && got[0]!.bytes >= 10, `${got.length} pieces`);
      assertEquals(concat(...got.map(({ echo }) => echo)), frame);
      assertEquals(concat(...got.flatMap(({ payloads }) => payloads)), noise(50));
      assertEquals(got.map(({ resumes }) => resumes), got.map((_, i) => i > 0));
      assertEquals(got.map(({ continues }) => continues), got.map((_, i) => i < got.length - 1));
      assertEquals(got.map(({ count }) => count), got.map((_, i) => i < got.length - 1 ? 0 : 1));
    }
  },
);

Deno.test(
  "frames: the end inside a message in pieces tells how much of it came",
  PURE,
  async () => {
    const { next } = open(pieces(encodeMsg(Kind.text, noise(50)).subarray(0, 30)), HELD_10);
    await next();
    const error = await assertRejects(next, TruncatedBody);
    assertEquals([error.got, error.wanted], [26, 51]);
  },
);

Deno.test("frames: codec.needs is never more than the held message needs", PURE, async () => {
  const { reader, codec } = open(drip(encodeMsg(Kind.bytes, noise(50))), HELD_10);
  const needs = new Set<number>();
  while (codec.take() === null) {
    needs.add(codec.needs);
    assert(await reader.fill(codec.needs));
  }
  assertEquals([...needs], [4, 5, 15]);
});

Deno.test(
  "frames: any messages, cut at any points, give the same messages and echo",
  PURE,
  async () => {
    const message = fc.tuple(
      fc.constantFrom(Kind.bytes, Kind.text),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
    );
    const cuts = fc.array(fc.nat(), { maxLength: 50 });
    const held = fc.constantFrom(1, 10, 64, 1000);
    await fc.assert(
      fc.asyncProperty(fc.array(message), cuts, held, async (list, points, maxHeld) => {
        const sent = concat(...list.map(([kind, payload]) => encodeMsg(kind, payload)));
        const limits = { maxMessage: 300, maxHeld };
        const { next } = open(cut(sent, points), limits, { min: 16, max: 64 });
        const { messages, echo, error } = await transcriptOf(next);
        const commands = ["quit", "exit"];
        const isNone = ([, payload]: [Kind, Uint8Array]) =>
          !commands.includes(new TextDecoder().decode(payload));
        if (!list.every(isNone)) return;
        assertEquals(error, null);
        assertEquals(echo, sent);
        assertEquals(
          messages.map(({ kind, payload }) => [kind, payload]),
          list.map(([kind, payload]) => [kind, Uint8Array.from(payload)]),
        );
      }),
      { numRuns: 200 },
    );
  },
);

for (const [name, makePair] of PAIRS) {
  Deno.test(`frames: messages come back bit for bit over ${name}`, async () => {
    using pair = await makePair();
    const sizes = [0, 1, 4095, 4096, 4097, 65536, 300_000];
    const limits = { maxMessage: MAX_MESSAGE_BYTES, maxHeld: 64 * 1024 };
    const echo = (async () => {
      const reader = new ByteReader(pair.far);
      const codec = frames.open({ reader, limits });
      for (;;) {
        const batch = await recvMsg(reader, codec);
        if (batch === null) break;
        await pair.far.write(batch.echo);
      }
      await pair.far.closeWrite();
    })();
    const send = (async () => {
      for (const size of sizes) await pair.near.write(encodeMsg(Kind.bytes, noise(size, size)));
      await pair.near.closeWrite();
    })();
    const { next } = openCodec(frames, pair.near, ALL);
    const { messages } = await transcriptOf(next);
    for (const [i, size] of sizes.entries()) {
      const { payload } = messages[i]!;
      assert(equal(payload, noise(size, size)), `the payload of ${size} bytes differs`);
    }
    assertEquals(messages.length, sizes.length);
    await Promise.all([echo, send]);
  });
}

Deno.test("frames: five thousand messages in one packet are five thousand messages", async () => {
  const list = Array.from({ length: 5000 }, (_, i) => encodeMsg(Kind.text, utf8(`number ${i}`)));
  const { messages } = await transcriptOf(open(pieces(concat(...list))).next);
  assertEquals(messages.length, 5000);
  assertEquals(messages[4999]?.payload, utf8("number 4999"));
});

Deno.test("frames: a message of the whole limit of 16 MiB comes through", async () => {
  const sent = noise(MAX_MESSAGE_BYTES);
  const batch = await first(encodeMsg(Kind.bytes, sent));
  assert(equal(batch!.payloads[0]!, sent), "the payload differs");
});

Deno.test("frames: only an error has last words", PURE, () => {
  const { codec } = open(pieces());
  assertEquals(codec.farewell({ code: null, text: "end" }), null);
  const error = codec.farewell({ code: ErrorCode.idle, text: "idle" });
  assertEquals(error, concat(header(7, Kind.error, 0, ErrorCode.idle), utf8("idle")));
});

/** assertEquals takes seconds for megabytes. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
