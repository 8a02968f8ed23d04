import { MemoryLimitExceeded } from "../../lib/wire/errors.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { pieces } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const SIZE = { min: 16, max: 16 };

/** Whether all of `bytes` are free. */
function isWhole(budget: MemoryBudget, bytes: number): boolean {
  const free = budget.tryAcquire(bytes);
  if (free) budget.release(bytes);
  return free;
}

Deno.test("MemoryBudget: what is not free is not given, and a failure takes nothing", PURE, () => {
  const budget = new MemoryBudget(10);
  assert(budget.tryAcquire(6));
  assert(!budget.tryAcquire(5));
  assert(budget.tryAcquire(4));
  assert(!budget.tryAcquire(1));
  budget.release(10);
  assert(isWhole(budget, 10));
});

Deno.test(
  "ByteReader: a long message is counted, and given back when it is over",
  PURE,
  async () => {
    const budget = new MemoryBudget(1000);
    const reader = new ByteReader(pieces(new Uint8Array(500), new Uint8Array(3)), SIZE, budget);
    await reader.fill(500);
    assert(!isWhole(budget, 1000), "it is counted");
    reader.take(500);
    await reader.fill(1);
    assert(isWhole(budget, 1000), "it is given back with the next read");
  },
);

Deno.test("ByteReader: release gives back what a message that did not end has", PURE, async () => {
  const budget = new MemoryBudget(1000);
  const reader = new ByteReader(pieces(new Uint8Array(400)), SIZE, budget);
  assertEquals(await reader.fill(500), false);
  assert(!isWhole(budget, 1000));
  reader.release();
  reader.release(); // and only once
  assert(isWhole(budget, 1000));
  assert(!budget.tryAcquire(1001));
});

Deno.test(
  "ByteReader: a message without memory is rejected, and costs nothing more",
  PURE,
  async () => {
    const budget = new MemoryBudget(100);
    const reader = new ByteReader(pieces(new Uint8Array(500)), SIZE, budget);
    await assertRejects(() => reader.fill(500), MemoryLimitExceeded);
    reader.release();
    assert(isWhole(budget, 100));
  },
);

Deno.test("ByteReader: small buffers are not counted", PURE, async () => {
  const budget = new MemoryBudget(0);
  const reader = new ByteReader(pieces(new Uint8Array(32)), SIZE, budget);
  assertEquals(await reader.fill(32), true);
});
