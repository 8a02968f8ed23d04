import fc from "fast-check";
import { Truncated } from "../../lib/wire/errors.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { ByteReader, recvN } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { concat, cut, drip, noise, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("recvN() returns exactly n bytes, however they arrive", PURE, async () => {
  for (const source of [pieces(utf8("hello world")), drip(utf8("hello world"))]) {
    const reader = new ByteReader(source);
    assertEquals(await recvN(reader, 5), utf8("hello"));
    assertEquals(await recvN(reader, 6), utf8(" world"));
  }
});

Deno.test("recvN() returns null at a clean end before the first byte", PURE, async () => {
  const reader = new ByteReader(pieces(utf8("abc")));
  await recvN(reader, 3);
  assertEquals(await recvN(reader, 1), null);
  assertEquals(await recvN(reader, 1), null); // and again
});

Deno.test("recvN() says how many of how many bytes came before the end", PURE, async () => {
  const reader = new ByteReader(drip(utf8("abc")));
  const error = await assertRejects(() => recvN(reader, 5), Truncated);
  assertEquals([error.got, error.wanted], [3, 5]);
});

Deno.test("recvN() of nothing is nothing, and no end", PURE, async () => {
  assertEquals(await recvN(new ByteReader(pieces()), 0), new Uint8Array(0));
});

Deno.test("recvN() passes on what the source throws", PURE, async () => {
  const source = { read: () => Promise.reject(new Deno.errors.ConnectionReset("reset")) };
  await assertRejects(() => recvN(new ByteReader(source), 1), Deno.errors.ConnectionReset, "reset");
});

Deno.test("recvN() returns any bytes in any portions, for any cuts", PURE, async () => {
  const portions = fc.array(fc.nat(9000), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(portions, fc.array(fc.nat()), async (lengths, points) => {
      const wanted = lengths.map((length, i) => noise(length, i));
      const reader = new ByteReader(cut(concat(...wanted), points));
      for (const bytes of wanted) assertEquals(await recvN(reader, bytes.length), bytes);
      assertEquals(await recvN(reader, 1), null);
    }),
    { numRuns: 50 },
  );
});

Deno.test("ByteReader starts small, grows under load, and shrinks again", PURE, async () => {
  const asked: number[] = [];
  let fullReads = 8;
  const reader = new ByteReader({
    read(view) {
      asked.push(view.length);
      return Promise.resolve(fullReads-- > 0 ? view.length : 1);
    },
  }, { min: 16, max: 64 });
  for (let i = 0; i < 48; i++) {
    await reader.fill(1);
    reader.take(reader.available);
  }
  assertEquals(asked[0], 16);
  assertEquals(Math.max(...asked), 64);
  assertEquals(asked.at(-1), 16);
});

Deno.test("ByteReader does not allocate for a claim before its bytes have come", PURE, async () => {
  let most = 0;
  let reads = 3;
  const reader = new ByteReader({
    read(view) {
      most = Math.max(most, view.length);
      return Promise.resolve(reads-- > 0 ? Math.min(100, view.length) : null);
    },
  });
  assert(!await reader.fill(1024 * 1024 * 1024));
  assert(most <= 4096, `asked for ${most} bytes at once`);
  assertEquals(reader.available, 300);
});

Deno.test(
  "ByteReader grows in large steps, also for one who asks for one byte more",
  PURE,
  async () => {
    const asked = new Set<number>();
    const reader = new ByteReader({
      read(view) {
        asked.add(view.byteLength + view.byteOffset);
        return Promise.resolve(view.length);
      },
    });
    while (reader.available < 1024 * 1024) await reader.fill(reader.available + 1);
    assert(asked.size < 20, `${asked.size} buffers for 1 MiB`);
  },
);

Deno.test(
  "ByteReader grows also where each read leaves the beginning of a message",
  PURE,
  async () => {
    const views: number[] = [];
    const source: ByteSource = {
      read: (view) => (views.push(view.length), Promise.resolve(view.length)),
    };
    const reader = new ByteReader(source, { min: 16, max: 256 });
    for (let i = 0; i < 12; i++) {
      await reader.fill(5);
      reader.discard(reader.available - 3); // a frame is not whole
    }
    assertEquals(views.at(-1), 253);
  },
);

Deno.test("ByteReader does not shrink for a single small read among large ones", PURE, async () => {
  const asked: number[] = [];
  const reader = new ByteReader({
    read(view) {
      asked.push(view.length);
      return Promise.resolve(asked.length % 3 === 0 ? 1 : view.length);
    },
  }, { min: 16, max: 64 });
  for (let i = 0; i < 30; i++) {
    await reader.fill(1);
    reader.take(reader.available);
  }
  assertEquals(new Set(asked.slice(10)), new Set([64]));
});

Deno.test("ByteReader knows whether a read is under way", PURE, async () => {
  const came = Promise.withResolvers<number | null>();
  const reader = new ByteReader({ read: () => came.promise });
  assertEquals(reader.isReading, false);
  const filled = reader.fill(1);
  assertEquals(reader.isReading, true);
  came.resolve(3);
  assertEquals([await filled, reader.isReading, reader.available], [true, false, 3]);
  assertEquals(await reader.fill(2), true); // without a read
});

Deno.test(
  "ByteReader.detach() keeps views that were taken, and the bytes that were not",
  PURE,
  async () => {
    const reader = new ByteReader(pieces(utf8("abcdef"), utf8("ghijkl")), { min: 8, max: 8 });
    await reader.fill(6);
    const taken = reader.take(4);
    reader.detach();
    assertEquals(await reader.fill(8), true);
    assertEquals([taken, reader.take(8)], [utf8("abcd"), utf8("efghijkl")]);
  },
);
