import { History } from "../../lib/server/history.ts";
import { assertEquals } from "../support/assert.ts";
import { concat, noise, utf8 } from "../support/sources.ts";

/** All that is replayed. */
async function replay(history: History): Promise<Uint8Array> {
  const written: Uint8Array[] = [];
  await history.replay({ write: (bytes) => Promise.resolve(void written.push(bytes.slice())) });
  return concat(...written);
}

Deno.test("History: messages come back in their order, from memory", async () => {
  const history = new History(1000);
  assertEquals(history.append(utf8("ab"), 2), undefined);
  assertEquals(history.append(utf8("c"), 1), undefined);
  assertEquals([history.count, history.truncationNotice], [3, null]);
  assertEquals(await replay(history), utf8("abc"));
  history.close();
});

Deno.test("History: what memory does not hold comes back from a file, without a file left", async () => {
  const history = new History(10_000_000);
  const messages = Array.from({ length: 30 }, (_, i) => noise(10_000, i));
  for (const message of messages) await history.append(message, 1);
  assertEquals(history.count, 30);
  assertEquals(await replay(history), concat(...messages));
  assertEquals(await replay(history), concat(...messages)); // and again
  history.close();
  history.close(); // the resource sanitizer finds a file that stays open
});

Deno.test("History: bytes are copied, since the read buffer is used again", async () => {
  const history = new History(1000);
  const bytes = utf8("abc");
  void history.append(bytes, 1);
  bytes.fill(0);
  assertEquals(await replay(history), utf8("abc"));
});

for (const size of [10, 50_000]) {
  Deno.test(`History: over the limit only the first messages are kept: ${size} bytes each`, async () => {
    const history = new History(3 * size);
    const messages = Array.from({ length: 5 }, (_, i) => noise(size, i));
    for (const message of messages) await history.append(message, 1);
    assertEquals(history.count, 3);
    const reason = `the limit is ${3 * size} bytes`;
    assertEquals(history.truncationNotice, `only the first 3 of 5 messages were kept: ${reason}`);
    assertEquals(await replay(history), concat(...messages.slice(0, 3)));
    history.close();
  });

  Deno.test(`History: a message in pieces that is cut by the limit is left out: ${size}`, async () => {
    const history = new History(3 * size);
    await history.append(noise(size, 1), 1);
    for (let i = 0; i < 4; i++) await history.append(noise(size, 2), i === 0 ? 1 : 0);
    assertEquals(history.count, 1);
    assertEquals(await replay(history), noise(size, 1));
    history.close();
  });
}

Deno.test("History: a message in pieces counts once and comes back whole", async () => {
  const history = new History(1000);
  void history.append(utf8("ab"), 1);
  void history.append(utf8("cd"), 0);
  assertEquals([history.count, await replay(history)], [1, utf8("abcd")]);
});
