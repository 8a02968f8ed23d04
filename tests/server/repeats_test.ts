import { RepeatDetector } from "../../lib/server/repeats.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

/** How many of `count` equal datagrams in a row, a millisecond apart, are no loop. */
function accepted(detector: RepeatDetector, count: number, source = "a"): number {
  const bytes = utf8("x");
  return Array.from({ length: count }, (_, i) => detector.isLoop(source, bytes, i))
    .filter((it) => !it).length;
}

Deno.test(
  "RepeatDetector: one of more than a thousand equal datagrams in a row is a loop",
  PURE,
  () => {
    assertEquals(accepted(new RepeatDetector(), 1000), 1000);
    assertEquals(accepted(new RepeatDetector(), 1001), 1000);
    assertEquals(accepted(new RepeatDetector(), 2002), 2000);
  },
);

Deno.test("RepeatDetector: other bytes, another source and a pause begin anew", PURE, () => {
  const detector = new RepeatDetector();
  for (let i = 0; i < 10_000; i++) assert(!detector.isLoop("a", utf8(`${i % 2}`), i));
  for (let i = 0; i < 10_000; i++) assert(!detector.isLoop(`${i % 2_000}`, utf8("x"), i));
  for (let i = 0; i < 10_000; i++) assert(!detector.isLoop("b", utf8("x"), 20_000 + i * 1_000));
});

Deno.test("RepeatDetector forgets the source that was silent for longest", PURE, () => {
  const detector = new RepeatDetector();
  assertEquals(accepted(detector, 900, "old"), 900);
  for (let i = 0; i < 4096; i++) detector.isLoop(`${i}`, utf8("x"), 900);
  assertEquals(accepted(detector, 900, "old"), 900);
});
