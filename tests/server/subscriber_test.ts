import { BroadcastHub } from "../../lib/server/hub.ts";
import { Subscriber } from "../../lib/server/subscriber.ts";
import { type DialectName, DIALECTS } from "../../lib/wire/dialect.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { WriteQueue } from "../../lib/wire/write_queue.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { noise, pieces } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const MIB = 1024 ** 2;

const utf8 = new TextEncoder();

/** How many of `all` bytes are not free. */
function heldOf(budget: MemoryBudget, all: number): number {
  let free = 0;
  for (let step = 2 ** 30; step >= 1; step /= 2) if (budget.tryAcquire(step)) free += step;
  budget.release(free);
  return all - free;
}

/** A client that reads when the test says so, and what was written to it. */
function client(dialect: DialectName, onOverflow?: () => void) {
  const written: Uint8Array[] = [];
  const reading = Promise.withResolvers<void>();
  const queue = new WriteQueue({
    write: (bytes) => (written.push(bytes), reading.promise),
    closeWrite: () => Promise.resolve(),
  });
  const limits = { maxMessage: MIB, maxHeld: MIB };
  const encoder = DIALECTS[dialect].open({ reader: new ByteReader(pieces()), limits });
  const options = { queue, dialect, encoder, ...(onOverflow ? { onOverflow } : {}) };
  return { written, reading, subscriber: new Subscriber(options) };
}

Deno.test("hub: one copy of a long message waits for all clients of a dialect", PURE, () => {
  const hub = new BroadcastHub(new MemoryBudget(256 * MIB));
  const sender = client("frames");
  const framed = Array.from({ length: 20 }, () => client("frames"));
  const lines = client("lines");
  for (const { subscriber } of [sender, ...framed, lines]) hub.join(subscriber);
  hub.publish(sender.subscriber, "[::1]:1", Kind.text, noise(MIB));
  const copies = new Set(framed.map(({ written }) => written[0]!.buffer));
  assertEquals([copies.size, sender.written.length], [1, 0]);
  assert(!copies.has(lines.written[0]!.buffer));
});

Deno.test(
  "Subscriber: what waits for one client has a bound, and the rest is counted",
  PURE,
  async () => {
    const hub = new BroadcastHub(new MemoryBudget(256 * MIB));
    const sender = client("frames");
    let overflows = 0;
    const slow = client("frames", () => overflows++);
    hub.join(sender.subscriber);
    hub.join(slow.subscriber);
    for (let i = 0; i < 1000; i++) {
      hub.publish(sender.subscriber, "[::1]:1", Kind.text, noise(10_000));
    }
    assert(
      slow.subscriber.queuedBytes <= MIB + 11_000,
      `${slow.subscriber.queuedBytes} bytes wait`,
    );
    const waiting = 1000 - overflows;
    assert(waiting > 90 && waiting < 110, `${waiting} messages wait`);
    slow.reading.resolve();
    while (slow.subscriber.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve));
    const notice = new TextDecoder().decode(slow.written.at(-1));
    assert(notice.endsWith(`you were too slow and missed ${overflows} messages`), notice);
  },
);

Deno.test(
  "Subscriber: 2,000 that never read hold a long message once, within the budget",
  PURE,
  () => {
    const budget = new MemoryBudget(100 * MIB);
    const hub = new BroadcastHub(budget);
    const sender = client("frames");
    const deaf = Array.from({ length: 2_000 }, () => client("frames").subscriber);
    const late = Array.from({ length: 10 }, () => client("frames").subscriber);
    for (const subscriber of [sender.subscriber, ...deaf]) hub.join(subscriber);
    const long = new Uint8Array(16 * MIB);
    for (let i = 0; i < 3; i++) hub.publish(sender.subscriber, "[::1]:1", Kind.text, long);
    assertEquals(heldOf(budget, 100 * MIB) >> 20, 16); // the first one; the others are dropped
    for (const [i, subscriber] of late.entries()) { // each of them stops at another message
      hub.join(subscriber);
      hub.publish(sender.subscriber, "[::1]:1", Kind.text, long);
      assertEquals(heldOf(budget, 100 * MIB) >> 20, Math.min(16 * (i + 2), 96));
    }
    for (const subscriber of [...deaf, ...late]) {
      assert(subscriber.queuedBytes <= 512);
      subscriber.release(); // their connections are gone
    }
    assertEquals(heldOf(budget, 100 * MIB), 0);
  },
);

Deno.test(
  "Subscriber: beside a long message on its way others come, in their order",
  PURE,
  async () => {
    const budget = new MemoryBudget(10 * MIB);
    const hub = new BroadcastHub(budget);
    const sender = client("lines");
    const listener = client("lines");
    for (const { subscriber } of [sender, listener]) hub.join(subscriber);
    const say = (text: string) => hub.publish(sender.subscriber, "a", Kind.text, utf8.encode(text));
    for (const text of ["one", "x".repeat(100_000), "two", "three"]) say(text);
    listener.reading.resolve();
    while (listener.subscriber.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve));
    say("four");
    const heard = await new Blob(listener.written as Uint8Array<ArrayBuffer>[]).text();
    const texts = heard.trimEnd().split("\n").map((line) => line.slice("a: ".length));
    assertEquals(texts, ["one", "x".repeat(100_000), "two", "three", "four"]);
    assertEquals(heldOf(budget, 10 * MIB), 0);
  },
);

Deno.test("Subscriber: what its hub has missed is told, after what waits", PURE, async () => {
  const hub = new BroadcastHub(new MemoryBudget(MIB));
  const sender = client("lines");
  const listener = client("lines");
  for (const { subscriber } of [sender, listener]) hub.join(subscriber);
  hub.publish(sender.subscriber, "a", Kind.text, utf8.encode("one"));
  for (const count of [2, 1]) listener.subscriber.miss(count);
  listener.reading.resolve();
  while (listener.subscriber.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve));
  const heard = await new Blob(listener.written as Uint8Array<ArrayBuffer>[]).text();
  assertMatch(heard, /^a: one\n.*the server was too busy and lost 3 messages\n$/);
});
