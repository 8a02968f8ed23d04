import { RateLimit } from "../../lib/server/rate_limit.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

function count(limit: RateLimit, source: string, tries: number, now: number): number {
  return Array.from({ length: tries }, () => limit.allows(source, now)).filter(Boolean).length;
}

Deno.test("RateLimit allows a second's worth at once, and refills evenly", PURE, () => {
  const limit = new RateLimit(10);
  assertEquals(count(limit, "a", 20, 0), 10);
  assertEquals(count(limit, "a", 20, 99), 0);
  assertEquals(count(limit, "a", 20, 500), 5);
  assertEquals(count(limit, "a", 20, 100_000), 10);
});

Deno.test("RateLimit counts each source for itself", PURE, () => {
  const limit = new RateLimit(2);
  assertEquals([count(limit, "a", 5, 0), count(limit, "b", 5, 0)], [2, 2]);
});

Deno.test("RateLimit lets more sources than it keeps apart share one allowance", PURE, () => {
  const limit = new RateLimit(1);
  let allowed = 0;
  for (let i = 0; i < 10_000; i++) allowed += count(limit, `${i}`, 1, 0);
  assertEquals(allowed, 4096 + 1);
  assertEquals(count(limit, "0", 1, 500), 0); // nobody's bucket was forgotten for a newcomer
  assertEquals(count(limit, "new", 1, 1_000), 1); // those silent for long are
});
