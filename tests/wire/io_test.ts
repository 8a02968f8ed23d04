import fc from "fast-check";
import { encodeMsg, frames } from "../../lib/wire/frames.ts";
import { byobSource } from "../../lib/wire/io.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { Truncated } from "../../lib/wire/errors.ts";
import { ByteReader, recvN } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { openCodec, transcriptOf } from "../support/codec.ts";
import { concat, cut, noise, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

/** A byte stream that pulls from a source, as standard input does. */
function streamOf(source: ReturnType<typeof pieces>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { view } = controller.byobRequest!;
      const count = await source.read(view as Uint8Array);
      if (count === null) controller.close();
      controller.byobRequest!.respond(count ?? 0);
    },
  });
}

const byob = (source: ReturnType<typeof pieces>) =>
  byobSource(streamOf(source).getReader({ mode: "byob" }));

for (const [name, sourceOf] of [["directly", (it: never) => it], ["by BYOB", byob]] as const) {
  const from = sourceOf as typeof byob;

  Deno.test(`recvN() reads exactly n bytes, however they are cut: ${name}`, PURE, async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 20 });
    const cuts = fc.array(fc.nat(), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sizes, cuts, async (sizes, points) => {
        const expected = sizes.map((size, i) => noise(size, i));
        const source = from(cut(concat(...expected), points));
        const reader = new ByteReader(source, { min: 8, max: 32 });
        for (const bytes of expected) assertEquals(await recvN(reader, bytes.length), bytes);
        assertEquals(await recvN(reader, 1), null);
      }),
      { numRuns: 50 },
    );
  });

  Deno.test(`recvN() tells how much came before the end: ${name}`, PURE, async () => {
    const reader = new ByteReader(from(pieces(utf8("ab"), utf8("c"))));
    const error = await assertRejects(() => recvN(reader, 5), Truncated);
    assertEquals([error.got, error.wanted], [3, 5]);
  });

  Deno.test(`frames are the same messages, however they are cut: ${name}`, PURE, async () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 5, maxLength: 300 }));
    const cuts = fc.array(fc.nat(), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(payloads, cuts, async (payloads, points) => {
        const sent = concat(...payloads.map((payload) => encodeMsg(Kind.text, payload)));
        const limits = { maxMessage: 300, maxHeld: 50 };
        const { next } = openCodec(frames, from(cut(sent, points)), limits, { min: 16, max: 64 });
        const { messages, echo, error } = await transcriptOf(next);
        assertEquals([error, echo], [null, sent]);
        const expected = payloads.map((payload) => Uint8Array.from(payload));
        assertEquals(messages.map(({ payload }) => payload), expected);
      }),
      { numRuns: 50 },
    );
  });
}

Deno.test("byobSource() keeps the bytes of a read whose stream ends with it", PURE, async () => {
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const view = controller.byobRequest!.view as Uint8Array;
      view.set(utf8("end"));
      controller.byobRequest!.respond(3);
      controller.close();
    },
  });
  const reader = new ByteReader(byobSource(stream.getReader({ mode: "byob" })));
  assertEquals(await recvN(reader, 3), utf8("end"));
  assertEquals(await recvN(reader, 1), null);
});

Deno.test("byobSource() passes the error of its stream through", PURE, async () => {
  const stream = new ReadableStream({
    type: "bytes",
    pull: () => Promise.reject(new Error("no such device")),
  });
  const reader = new ByteReader(byobSource(stream.getReader({ mode: "byob" })));
  await assertRejects(() => recvN(reader, 1), Error, "no such device");
});

Deno.test("byobSource(): a pending read of a child's output ends when it is cancelled", async () => {
  const command = new Deno.Command("cat", { stdin: "piped", stdout: "piped" });
  await using child = command.spawn();
  const writer = child.stdin.getWriter();
  const output = child.stdout.getReader({ mode: "byob" });
  const reader = new ByteReader(byobSource(output));
  await writer.write(utf8("hello"));
  assertEquals(await recvN(reader, 5), utf8("hello"));
  const pending = reader.fill(1);
  await output.cancel();
  assertEquals(await pending, false);
  await writer.close();
});
