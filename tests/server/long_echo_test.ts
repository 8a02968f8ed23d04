import { ConnectionMonitor } from "../../lib/server/connection_monitor.ts";
import { LongEcho } from "../../lib/server/long_echo.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { WriteQueue } from "../../lib/wire/write_queue.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { concat, noise, pieces } from "../support/sources.ts";

const BUDGET = 10_000;
/** What a piece of 100 bytes costs while it waits. */
const COST = 612;

/** An echo to a client that reads when the test says so, of a message in pieces of 100 bytes. */
async function begin() {
  const written: Uint8Array[] = [];
  let gate: Promise<void> = Promise.resolve();
  const queue = new WriteQueue({
    async write(bytes) {
      await gate;
      written.push(bytes.slice());
    },
    closeWrite: () => Promise.resolve(),
  });
  const sent = Array.from({ length: 5 }, (_, i) => noise(100, i));
  const reader = new ByteReader(pieces(...sent), { min: 100, max: 100 });
  const budget = new MemoryBudget(BUDGET);
  const monitor = new ConnectionMonitor(1000);
  const echo = await LongEcho.begin({ queue, reader, budget, monitor });
  return {
    ...{ queue, budget, echo, written },
    sent: concat(...sent),
    hold: (until: Promise<void>) => void (gate = until),
    async next() {
      await reader.fill(100);
      await echo.write(reader.take(100));
    },
    isWhole() {
      const free = budget.tryAcquire(BUDGET);
      if (free) budget.release(BUDGET);
      return free;
    },
    [Symbol.dispose]: () => monitor.close(),
  };
}

Deno.test("LongEcho: a client that reads gets each piece from the read buffer", async () => {
  using it = await begin();
  for (let i = 0; i < 5; i++) {
    await it.next();
    assert(it.isWhole());
  }
  await it.echo.end();
  assertEquals(concat(...it.written), it.sent);
});

Deno.test("LongEcho: for a client that does not read yet the server reads on, within the budget", async () => {
  using it = await begin();
  const reading = Promise.withResolvers<void>();
  it.hold(reading.promise);
  for (let i = 0; i < 5; i++) await it.next(); // the first settles with a tick
  assertEquals(it.written.length, 0);
  assert(!it.isWhole() && it.budget.tryAcquire(BUDGET - 5 * COST), "five pieces wait");
  it.budget.release(BUDGET - 5 * COST);
  reading.resolve();
  await it.echo.end();
  assertEquals(concat(...it.written), it.sent);
  assert(it.isWhole());
});

Deno.test("LongEcho: without memory it waits for the client", async () => {
  using it = await begin();
  it.budget.tryAcquire(BUDGET - COST);
  const reading = Promise.withResolvers<void>();
  it.hold(reading.promise);
  await it.next();
  let isDone = false;
  const second = it.next().then(() => isDone = true);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(isDone, false);
  reading.resolve();
  await second;
  it.budget.release(BUDGET - COST);
  await it.echo.end();
  assert(it.isWhole());
});

Deno.test("LongEcho: nothing comes between its pieces", async () => {
  using it = await begin();
  await it.next();
  const notice = it.queue.write(new Uint8Array([1]));
  for (let i = 1; i < 5; i++) await it.next();
  await it.echo.end();
  await notice;
  assertEquals(it.written.map(({ length }) => length), [100, 100, 100, 100, 100, 1]);
});

Deno.test("LongEcho: for a connection that is gone the memory comes back at once", async () => {
  using it = await begin();
  const gone = Promise.withResolvers<void>();
  it.hold(gone.promise);
  await it.next();
  await it.next();
  it.echo.abandon();
  assert(it.isWhole());
  gone.reject(new Error("reset"));
  await assertRejects(() => it.echo.end(), Error, "reset");
  assert(it.isWhole());
});
