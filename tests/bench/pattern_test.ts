import { Pattern } from "../../lib/bench/pattern.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { recvFrame } from "../support/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";
import { pieces } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("Pattern: what is sent is what is expected, from any message on", PURE, () => {
  for (const [size, depth] of [[1, 1], [64, 16], [7, 40], [300_000, 3]] as const) {
    const pattern = new Pattern({ size, depth, number: 3, dialect: "frames" });
    for (const first of [0, 1, 15, 16, 1000]) {
      const bytes = pattern.messages(first, depth);
      assertEquals(bytes.length, depth * (5 + size));
      assertEquals(pattern.compare(bytes, first * pattern.size), -1);
      assertEquals(pattern.compare(bytes.subarray(3), first * pattern.size + 3), -1);
    }
  }
});

Deno.test("Pattern: one byte that differs is found where it is", PURE, () => {
  const pattern = new Pattern({ size: 64, depth: 16, number: 0, dialect: "raw" });
  for (const wrong of [0, 1, 63, 64, 1023]) {
    const bytes = pattern.messages(5, 16).slice();
    bytes[wrong]! ^= 1;
    assertEquals(pattern.compare(bytes, 5 * 64), wrong);
    assertEquals(pattern.at(5 * 64 + wrong), bytes[wrong]! ^ 1);
  }
});

Deno.test("Pattern: an echo of another connection or of the next message differs", PURE, () => {
  const mine = new Pattern({ size: 64, depth: 1, number: 0, dialect: "raw" });
  assert(
    mine.compare(
      new Pattern({ size: 64, depth: 1, number: 1, dialect: "raw" }).messages(0, 1),
      0,
    ) >=
      0,
  );
  assert(mine.compare(mine.messages(1, 1), 0) >= 0);
});

Deno.test("Pattern: framed messages are frames of kind bytes", PURE, async () => {
  const reader = new ByteReader(
    pieces(new Pattern({ size: 10, depth: 2, number: 0, dialect: "frames" }).messages(0, 2)),
  );
  const payloads = [];
  for (let i = 0; i < 2; i++) {
    const { kind, payload } = (await recvFrame(reader))!;
    assertEquals([kind, payload.length], [Kind.bytes, 10]);
    payloads.push(payload.slice());
  }
  assertNotEquals(payloads[0], payloads[1]);
});
