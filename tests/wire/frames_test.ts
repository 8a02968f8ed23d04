import fc from "fast-check";
import {
  EmptyFrame,
  TooLarge,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "../../lib/wire/errors.ts";
import {
  encodeMsg,
  Kind,
  MAX_MESSAGE_BYTES,
  payloadsIn,
  type ReceiveLimits,
  recvMsg,
  remainingChunks,
  sendMsg,
  sweepMsgs,
} from "../../lib/wire/frames.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { PAIRS } from "../support/pairs.ts";
import { concat, cut, drip, noise, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const RULES: ReceiveLimits = {
  limit: MAX_MESSAGE_BYTES,
  whole: MAX_MESSAGE_BYTES,
  highestKind: Kind.error,
};
const SMALL: ReceiveLimits = { limit: 10, whole: 10, highestKind: Kind.text };

const header = (length: number, ...rest: number[]) => {
  const bytes = new Uint8Array(4 + rest.length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(rest, 4);
  return bytes;
};
const recvFrom = (bytes: Uint8Array, rules: ReceiveLimits) =>
  recvMsg(new ByteReader(pieces(bytes)), rules);

Deno.test("a frame is its length, its kind and its payload", PURE, () => {
  assertEquals(encodeMsg(Kind.text, utf8("hi")), new Uint8Array([0, 0, 0, 3, 1, 104, 105]));
});

Deno.test("recvMsg() returns null at a clean end between two messages", PURE, async () => {
  const reader = new ByteReader(pieces(encodeMsg(Kind.bytes, utf8("a"))));
  assertEquals((await recvMsg(reader, RULES))?.payload, utf8("a"));
  assertEquals(await recvMsg(reader, RULES), null);
});

Deno.test("recvMsg() takes a payload of no bytes for a message like any other", PURE, async () => {
  for (const kind of [Kind.bytes, Kind.text]) {
    const message = await recvFrom(encodeMsg(kind, new Uint8Array(0)), RULES);
    assertEquals([message?.kind, message?.payload.length, message?.raw.length], [kind, 0, 5]);
  }
});

Deno.test(
  "recvMsg() refuses length 0, which has no kind, without waiting for more",
  PURE,
  async () => {
    await assertRejects(() => recvFrom(header(0), RULES), EmptyFrame, "length 0");
  },
);

Deno.test("recvMsg() takes a payload of exactly the limit and refuses one more", PURE, async () => {
  assertEquals((await recvFrom(encodeMsg(Kind.text, noise(10)), SMALL))?.payload, noise(10));
  const error = await assertRejects(() => recvFrom(header(12), SMALL), TooLarge);
  assertEquals([error.size, error.limit], [11, 10]);
  await assertRejects(() => recvFrom(header(0xffff_ffff), RULES), TooLarge, "4294967294");
});

Deno.test("recvMsg() says how much of a truncated header came", PURE, async () => {
  const error = await assertRejects(
    () => recvFrom(header(5).subarray(0, 3), RULES),
    TruncatedHeader,
  );
  assertEquals([error.got, error.wanted], [3, 4]);
});

Deno.test("recvMsg() says how much of a truncated body came", PURE, async () => {
  const frame = encodeMsg(Kind.text, utf8("hello"));
  for (const got of [0, 1, 5]) {
    const error = await assertRejects(
      () => recvFrom(frame.subarray(0, 4 + got), RULES),
      TruncatedBody,
    );
    assertEquals([error.got, error.wanted], [got, 6]);
  }
});

Deno.test("recvMsg() refuses an unknown kind before its payload has come", PURE, async () => {
  const error = await assertRejects(() => recvFrom(header(1000, 6), RULES), UnknownKind, "0x06");
  assertEquals(error.kind, 6);
  await assertRejects(() => recvFrom(header(1, Kind.notice), SMALL), UnknownKind);
});

const framesOf = (...texts: string[]) => texts.map((text) => encodeMsg(Kind.text, utf8(text)));

/** Everything that has come lies ahead, and nothing is taken. */
async function readAhead(bytes: Uint8Array): Promise<ByteReader> {
  const reader = new ByteReader(pieces(bytes), { min: bytes.length, max: bytes.length });
  await reader.fill(bytes.length);
  return reader;
}

Deno.test("sweepMsgs() takes all that are whole, and waits for nothing", PURE, async () => {
  const whole = concat(...framesOf("one", "three", ""));
  const sent = concat(...framesOf("a", "bc", "def"), whole.subarray(0, 6));
  const reader = await readAhead(sent);
  assertEquals(sweepMsgs(reader, RULES, Kind.text), { count: 3, bytes: 6 });
  assertEquals(reader.available, 6);
});

Deno.test("sweepMsgs() stops before a command", PURE, async () => {
  for (const command of ["quit", "exit", ""]) {
    const reader = await readAhead(concat(...framesOf("quits", "Quit", command, "more")));
    assertEquals(sweepMsgs(reader, RULES, Kind.text), { count: 2, bytes: 9 });
    assertEquals((await recvMsg(reader, RULES))?.payload, utf8(command));
  }
});

Deno.test("sweepMsgs() stops before another kind", PURE, async () => {
  const reader = await readAhead(concat(...framesOf("a", "b"), encodeMsg(Kind.bytes, utf8("c"))));
  assertEquals(sweepMsgs(reader, RULES, Kind.text), { count: 2, bytes: 2 });
});

Deno.test("sweepMsgs() leaves a malformed frame for recvMsg() to refuse", PURE, async () => {
  const bad = [[header(0, 0), EmptyFrame], [header(99, 0), TooLarge], [header(1, 9), UnknownKind]];
  for (const [frame, error] of bad as [Uint8Array, typeof EmptyFrame][]) {
    const reader = await readAhead(concat(...framesOf("ok"), frame));
    assertEquals(sweepMsgs(reader, SMALL, Kind.text), { count: 1, bytes: 2 });
    await assertRejects(() => recvMsg(reader, SMALL), error);
  }
});

Deno.test("payloadsIn() gives them in their order", PURE, () => {
  assertEquals([...payloadsIn(concat(...framesOf("a", "", "bc")))], ["a", "", "bc"].map(utf8));
});

const WHOLE_10: ReceiveLimits = { limit: 100, whole: 10, highestKind: Kind.text };

Deno.test(
  "of a message too long to be held whole comes the beginning, then the rest",
  PURE,
  async () => {
    const frame = encodeMsg(Kind.text, noise(50));
    for (const source of [pieces(frame), drip(frame)]) {
      const reader = new ByteReader(source, { min: 16, max: 16 });
      const message = (await recvMsg(reader, WHOLE_10))!;
      assertEquals([message.payload, message.missing], [noise(50).subarray(0, 10), 40]);
      const got = [message.raw.slice()];
      for await (const piece of remainingChunks(reader, message)) got.push(piece.slice());
      assertEquals(concat(...got), frame);
      assertEquals(await recvMsg(reader, WHOLE_10), null);
    }
  },
);

Deno.test("restOf() says how much of a truncated body came", PURE, async () => {
  const reader = new ByteReader(pieces(encodeMsg(Kind.text, noise(50)).subarray(0, 30)));
  const message = (await recvMsg(reader, WHOLE_10))!;
  const error = await assertRejects(async () => {
    for await (const _ of remainingChunks(reader, message));
  }, TruncatedBody);
  assertEquals([error.got, error.wanted], [26, 51]);
});

Deno.test("any list of messages, cut at any points, decodes to the same list", PURE, async () => {
  const message = fc.tuple(
    fc.constantFrom(Kind.bytes, Kind.text),
    fc.uint8Array({ maxLength: 300 }),
  );
  const cuts = fc.array(fc.nat(), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(fc.array(message), cuts, async (list, points) => {
      const sent = concat(...list.map(([kind, payload]) => encodeMsg(kind, payload)));
      const reader = new ByteReader(cut(sent, points), { min: 16, max: 64 });
      const came: Uint8Array[] = [];
      for (;;) {
        const message = await recvMsg(reader, RULES);
        if (message === null) break;
        sweepMsgs(reader, RULES, message.kind);
        came.push(...Array.from(payloadsIn(reader.since(message.raw)), (it) => it.slice()));
      }
      assertEquals(came, list.map(([, payload]) => Uint8Array.from(payload)));
    }),
    { numRuns: 200 },
  );
});

Deno.test("a message arrives one byte at a time", PURE, async () => {
  const sent = noise(500);
  const message = await recvMsg(new ByteReader(drip(encodeMsg(Kind.bytes, sent))), RULES);
  assertEquals(message?.payload, sent);
});

for (const [name, makePair] of PAIRS) {
  Deno.test(`messages come back bit for bit over ${name}`, async () => {
    using pair = await makePair();
    const sizes = [0, 1, 4095, 4096, 4097, 65536, 300_000];
    const echo = (async () => {
      const reader = new ByteReader(pair.far);
      for (;;) {
        const message = await recvMsg(reader, RULES);
        if (message === null) break;
        await pair.far.write(message.raw);
      }
      await pair.far.closeWrite();
    })();
    const send = (async () => {
      for (const size of sizes) await sendMsg(pair.near, Kind.bytes, noise(size, size));
      await pair.near.closeWrite();
    })();
    const reader = new ByteReader(pair.near);
    for (const size of sizes) {
      const message = await recvMsg(reader, RULES);
      assertEquals(message?.payload.length, size);
      assert(equal(message!.payload, noise(size, size)), `the payload of ${size} bytes differs`);
    }
    assertEquals(await recvMsg(reader, RULES), null);
    await Promise.all([echo, send]);
  });
}

Deno.test("five thousand messages in one packet are five thousand messages", async () => {
  const count = 5000;
  const sent = concat(
    ...Array.from({ length: count }, (_, i) => encodeMsg(Kind.text, utf8(`${i}`))),
  );
  const reader = new ByteReader(pieces(sent));
  for (let i = 0; i < count; i++) {
    assertEquals((await recvMsg(reader, RULES))?.payload, utf8(`${i}`));
  }
  assertEquals(await recvMsg(reader, RULES), null);
});

Deno.test("a message of the whole limit of 16 MiB comes through", async () => {
  const sent = noise(MAX_MESSAGE_BYTES);
  const message = await recvFrom(encodeMsg(Kind.bytes, sent), RULES);
  assert(equal(message!.payload, sent), "the payload differs");
});

/** assertEquals takes seconds for megabytes. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
