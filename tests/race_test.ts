import { RepeatedRace } from "../lib/race.ts";
import { assert, assertEquals, assertRejects } from "./support/assert.ts";

const PURE = { permissions: "none" } as const;

Deno.test("RepeatedRace gives what settles first, as Promise.race does", PURE, async () => {
  const long = Promise.withResolvers<string>();
  const race = new RepeatedRace(long.promise);
  assertEquals(await race.run(Promise.resolve(1)), 1);
  await assertRejects(() => race.run(Promise.reject(new Error("short"))), Error, "short");
  const pending = race.run(new Promise<never>(() => {}));
  long.resolve("over");
  assertEquals(await pending, "over");
  assertEquals(await race.run(new Promise<never>(() => {})), "over");
  assertEquals(await race.run(Promise.resolve(2)), 2);
});

Deno.test("RepeatedRace rejects with the long promise", PURE, async () => {
  const long = Promise.withResolvers<never>();
  const race = new RepeatedRace(long.promise);
  const pending = race.run(new Promise<never>(() => {}));
  long.reject(new Error("gone"));
  await assertRejects(() => pending, Error, "gone");
  await assertRejects(() => race.run(new Promise<never>(() => {})), Error, "gone");
});

Deno.test("RepeatedRace keeps nothing of a race that has ended", PURE, async () => {
  const race = new RepeatedRace(new Promise<never>(() => {}));
  const before = Deno.memoryUsage().heapUsed;
  for (let i = 0; i < 300_000; i++) await race.run(Promise.resolve(i));
  const kept = Deno.memoryUsage().heapUsed - before;
  assert(kept < 60e6, `${kept} bytes are kept`); // Promise.race keeps 125 MB of them
});
