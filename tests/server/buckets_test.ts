import { countIn, emptyBuckets, observe, quantile, since } from "../../lib/server/buckets.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const BOUNDS = [1, 2, 4];

function bucketsOf(...seconds: number[]) {
  const buckets = emptyBuckets(BOUNDS);
  for (const one of seconds) observe(buckets, BOUNDS, one);
  return buckets;
}

Deno.test("buckets: a time is in the first bucket whose bound it does not exceed", PURE, () => {
  assertEquals(bucketsOf(0, 1, 1.5, 2, 3, 4, 5).counts, [2, 2, 2, 1]);
  assertEquals(bucketsOf(1, 2.5).sum, 3.5);
  assertEquals(countIn(bucketsOf(1, 2, 99)), 3);
});

Deno.test("buckets: what is new since an earlier look", PURE, () => {
  assertEquals(since(bucketsOf(1, 1, 3), bucketsOf(1)), { counts: [1, 0, 1, 0], sum: 4 });
});

Deno.test(
  "buckets: a quantile lies within its bucket, and never above the last bound",
  PURE,
  () => {
    assertEquals(quantile(bucketsOf(), BOUNDS, 0.5), null);
    assertEquals(quantile(bucketsOf(1.5, 1.5), BOUNDS, 0.5), 1.5);
    assertEquals(quantile(bucketsOf(0.1, 3, 3, 3), BOUNDS, 0.25), 1);
    assertEquals(quantile(bucketsOf(0.1, 3, 3, 3), BOUNDS, 1), 4);
    assertEquals(quantile(bucketsOf(99), BOUNDS, 0.99), 4);
  },
);
