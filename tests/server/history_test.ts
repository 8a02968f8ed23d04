import { History } from "../../lib/server/history.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { concat, noise, utf8 } from "../support/sources.ts";

const { NotFound } = Deno.errors;

/** All that is replayed. */
async function replay(history: History): Promise<Uint8Array> {
  const written: Uint8Array[] = [];
  await history.replay({ write: (bytes) => Promise.resolve(void written.push(bytes.slice())) });
  return concat(...written);
}

Deno.test("History: messages come back in their order, from memory", async () => {
  const history = new History(1000, new MemoryBudget(10_000_000));
  assertEquals(history.append(utf8("ab"), 2), undefined);
  assertEquals(history.append(utf8("c"), 1), undefined);
  assertEquals([history.count, history.truncationNotice], [3, null]);
  assertEquals(await replay(history), utf8("abc"));
  history.close();
});

Deno.test("History: what memory does not hold comes back from a file, without a file left", async () => {
  const history = new History(10_000_000, new MemoryBudget(10_000_000));
  const messages = Array.from({ length: 30 }, (_, i) => noise(10_000, i));
  for (const message of messages) await history.append(message, 1);
  assertEquals(history.count, 30);
  assertEquals(await replay(history), concat(...messages));
  assertEquals(await replay(history), concat(...messages)); // and again
  history.close();
  history.close(); // the resource sanitizer finds a file that stays open
});

Deno.test("History: bytes are copied, since the read buffer is used again", async () => {
  const history = new History(1000, new MemoryBudget(10_000_000));
  const bytes = utf8("abc");
  void history.append(bytes, 1);
  bytes.fill(0);
  assertEquals(await replay(history), utf8("abc"));
});

for (const size of [10, 50_000]) {
  Deno.test(`History: over the limit only the first messages are kept: ${size} bytes each`, async () => {
    const history = new History(3 * size, new MemoryBudget(10_000_000));
    const messages = Array.from({ length: 5 }, (_, i) => noise(size, i));
    for (const message of messages) await history.append(message, 1);
    assertEquals(history.count, 3);
    const reason = `the limit is ${3 * size} bytes`;
    assertEquals(history.truncationNotice, `only the first 3 of 5 messages were kept: ${reason}`);
    assertEquals(await replay(history), concat(...messages.slice(0, 3)));
    history.close();
  });

  Deno.test(`History: a message in pieces that is cut by the limit is left out: ${size}`, async () => {
    const history = new History(3 * size, new MemoryBudget(10_000_000));
    await history.append(noise(size, 1), 1);
    for (let i = 0; i < 4; i++) await history.append(noise(size, 2), i === 0 ? 1 : 0);
    assertEquals(history.count, 1);
    assertEquals(await replay(history), noise(size, 1));
    history.close();
  });
}

Deno.test("History: a message in pieces counts once and comes back whole", async () => {
  const history = new History(1000, new MemoryBudget(10_000_000));
  void history.append(utf8("ab"), 1);
  void history.append(utf8("cd"), 0);
  assertEquals([history.count, await replay(history)], [1, utf8("abcd")]);
});

for (const size of [10, 50_000]) {
  Deno.test(`History: the histories of all clients share a budget: ${size} bytes each`, async () => {
    const budget = new MemoryBudget(3 * size);
    const one = new History(1_000_000, budget);
    const two = new History(1_000_000, budget);
    await one.append(noise(size, 1), 1);
    for (let i = 2; i < 5; i++) await two.append(noise(size, i), 1);
    assertEquals([one.truncationNotice, two.count], [null, 2]);
    const reason = "the histories of all clients have reached their limit";
    assertEquals(two.truncationNotice, `only the first 2 of 3 messages were kept: ${reason}`);
    assertEquals(await replay(two), concat(noise(size, 2), noise(size, 3)));
    two.close();
    two.close(); // and only once
    assert(budget.tryAcquire(2 * size) && !budget.tryAcquire(1), "it is given back");
    one.close();
  });
}

Deno.test("History: close() never throws, and removes the file as soon as that works", async () => {
  const history = new History(1_000_000, new MemoryBudget(1_000_000));
  const { remove, removeSync } = Deno;
  const removed = Promise.withResolvers<string | URL>();
  let tries = 0;
  const alive = setInterval(() => {}, 1_000); // the tries alone do not keep a process
  try {
    // Windows cannot remove an open file, nor one that a virus scanner has open.
    Deno.remove = () => Promise.reject(new Deno.errors.PermissionDenied());
    Deno.removeSync = (path) => {
      if (++tries < 3) throw new Deno.errors.PermissionDenied();
      removed.resolve(path);
      removeSync(path);
    };
    await history.append(noise(100_000), 1);
    history.close();
    await assertRejects(async () => void await Deno.stat(await removed.promise), NotFound);
    assertEquals(tries, 3);
  } finally {
    Object.assign(Deno, { remove, removeSync });
    clearInterval(alive);
  }
});
