import fc from "fast-check";
import type { CodecLimits } from "../../lib/wire/codec.ts";
import { NoCloseFrame, TooLarge, Truncated } from "../../lib/wire/errors.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { recvMsg } from "../../lib/wire/message.ts";
import { encodeBroadcast, ErrorCode } from "../../lib/wire/payloads.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { websocket } from "../../lib/wire/websocket.ts";
import { classifyClose } from "../../lib/server/close_info.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { cases } from "../support/autobahn.ts";
import { openCodec } from "../support/codec.ts";
import { EXPECTS_NOTHING } from "../support/expectation.ts";
import { concat, cut, drip, noise, pieces, utf8 } from "../support/sources.ts";
import { frameOf, framesIn, wordsOf } from "../support/websocket.ts";

const PURE = { permissions: "none" } as const;
const ALL: CodecLimits = { maxMessage: 16 * 1024 ** 2, maxHeld: 64 * 1024 };

/** All that a server writes for what `source` brings, in words, and the messages that it counts. */
async function served(source: ByteSource, limits = ALL) {
  const { codec, next } = openCodec(websocket, source, limits);
  const written: Uint8Array[] = [];
  let messages = 0;
  const close = await (async () => {
    for (;;) {
      const batch = await next();
      if (batch === null) return { reason: "end" };
      if (batch.ends) return { reason: "end" };
      messages += batch.count;
      written.push(batch.echo);
    }
  })().catch(classifyClose);
  const code = "code" in close ? close.code ?? null : null;
  if (close.reason !== "lost") written.push(codec.farewell({ code, text: close.reason })!);
  return { words: wordsOf(framesIn(concat(...written))), messages, reason: close.reason };
}

Deno.test(
  "websocket: right and wrong frames get their answers, however they are cut",
  PURE,
  async () => {
    for (const { name, sent, answers } of cases()) {
      const sources = sent.length < 5000 ? [pieces(sent), drip(sent)] : [pieces(sent)];
      for (const source of sources) {
        const { words, messages } = await served(source);
        assertEquals([name, ...words], [name, ...answers]);
        assertEquals(messages, answers.filter((it) => /^(text|binary) /.test(it)).length, name);
      }
    }
  },
);

Deno.test("websocket: any frames cut anywhere have the same answers", PURE, async () => {
  const message = fc.record({
    opcode: fc.constantFrom(1, 2),
    size: fc.nat(300),
    parts: fc.integer({ min: 1, max: 4 }),
    ping: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      fc.constantFrom(50, 64 * 1024),
      async (messages, points, maxHeld) => {
        const sent: Uint8Array[] = [];
        const answers: string[] = [];
        for (const { opcode, size, parts, ping } of messages) {
          const payload = opcode === 1 ? utf8("é👋a".repeat(size / 4)) : noise(size);
          for (let part = 0; part < parts; part++) {
            const piece = payload.subarray(
              Math.floor(payload.length * part / parts),
              Math.floor(payload.length * (part + 1) / parts),
            );
            sent.push(
              frameOf({ opcode: part === 0 ? opcode : 0, payload: piece, fin: part === parts - 1 }),
            );
            if (ping) sent.push(frameOf({ opcode: 9, payload: "p" }));
          }
          const pings = Array.from({ length: ping ? parts : 0 }, () => "pong p");
          const last = pings.splice(0, 1);
          const words = wordsOf([{ opcode, fin: true, payload }]);
          answers.push(...pings, ...words, ...last);
        }
        const { words } = await served(cut(concat(...sent), points), { ...ALL, maxHeld });
        assertEquals(words, answers);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test(
  "websocket: a message over the limit is refused by its announced length",
  PURE,
  async () => {
    const limits = { maxMessage: 100, maxHeld: 100 };
    const announced = frameOf({ opcode: 2, payload: new Uint8Array(101) }).subarray(0, 8);
    const { codec, next } = openCodec(websocket, pieces(announced), limits);
    await assertRejects(next, TooLarge, "101 bytes");
    const farewell = codec.farewell({ code: ErrorCode.tooLarge, text: "too large" })!;
    assertEquals(wordsOf(framesIn(farewell)), ["close 1009"]);
    const sum = [60, 0, 60].map((size, i) =>
      frameOf({ opcode: i === 0 ? 2 : 0, payload: new Uint8Array(size), fin: i === 2 })
    );
    assertEquals((await served(pieces(concat(...sum)), limits)).reason, "too-large");
  },
);

Deno.test(
  "websocket: an end without a Close frame is lost, inside a frame truncated",
  PURE,
  async () => {
    const whole = frameOf({ opcode: 1, payload: "hello" });
    for (
      const [bytes, error] of [
        [whole, NoCloseFrame],
        [whole.subarray(0, -1), Truncated],
        [whole.subarray(0, 1), Truncated],
        [frameOf({ opcode: 1, payload: "a", fin: false }), Truncated],
      ] as const
    ) {
      const { next } = openCodec(websocket, pieces(bytes), ALL);
      await assertRejects(async () => {
        while (await next() !== null);
      }, error);
    }
  },
);

Deno.test("websocket: the last words for each end", PURE, () => {
  const { codec } = openCodec(websocket, pieces(), ALL);
  const words = (code: ErrorCode | null) =>
    wordsOf(framesIn(codec.farewell({ code, text: "why ".repeat(100) })!)).join();
  assertEquals([
    words(null),
    words(ErrorCode.badFrame),
    words(ErrorCode.tooLarge),
    words(ErrorCode.overLimit),
    words(ErrorCode.idle),
  ], ["close 1001", "close 1002", "close 1009", "close 1013", "close 1001"]);
});

Deno.test("websocket: a broadcast is a text with its sender; bytes come as they are", PURE, () => {
  const { codec } = openCodec(websocket, pieces(), ALL);
  const of = (kind: Kind, message: Uint8Array) =>
    wordsOf(
      framesIn(codec.broadcast({ kind, payload: encodeBroadcast(utf8("[::1]:1"), message) })),
    )[0];
  assertEquals([
    of(Kind.text, utf8("Grüße")),
    of(Kind.bytes, utf8("hi")),
    of(Kind.text, Uint8Array.of(0xff)),
  ], ["text [::1]:1: Grüße", "binary 6869", "binary ff"]);
});

Deno.test(
  "websocket: many fragments and pongs are one message for our client too",
  PURE,
  async () => {
    const far = (opcode: number, payload: string, fin = true) =>
      frameOf({ opcode, payload, fin, masked: false });
    const many = Array.from({ length: 20_000 }, () => concat(far(0, "", false), far(10, "")));
    const sent = pieces(far(1, "hel", false), concat(...many), far(0, "lo"));
    const { reader } = openCodec(websocket, sent, ALL);
    const expected = { ...EXPECTS_NOTHING, echo: () => utf8("hello") };
    const codec = websocket.openClient({ reader, expected, maxMessage: 1000 });
    assertEquals(await recvMsg(reader, codec), { type: "echo", payload: utf8("hello") });
  },
);

Deno.test(
  "websocket: our client's frames are a server's messages, and the other way round",
  PURE,
  async () => {
    const expected = {
      echo: () => utf8("hello"),
      history: () => null,
      isFirst: () => true,
      othersMaySpeak: false,
    };
    const { reader, codec: server, next } = openCodec(websocket, pieces(), ALL);
    void reader, next;
    const client = (source: ByteSource) => {
      const { reader } = openCodec(websocket, source, ALL);
      return { reader, codec: websocket.openClient({ reader, expected, maxMessage: 1000 }) };
    };
    const sent = client(pieces()).codec.encode(Kind.text, utf8("hello"))!;
    assertEquals((await served(pieces(sent, client(pieces()).codec.farewell()!))).words, [
      "text hello",
      "close 1000",
    ]);
    const far = client(
      pieces(
        server.greeting("hi"),
        frameOf({ opcode: 9, payload: "p", masked: false }),
        frameOf({ opcode: 1, payload: "hel", fin: false, masked: false }),
        frameOf({ opcode: 0, payload: "lo", masked: false }),
      ),
    );
    const replies = [];
    for (let i = 0; i < 3; i++) replies.push((await recvMsg(far.reader, far.codec))?.type);
    assertEquals(replies, ["notice", "control", "echo"]);
  },
);
