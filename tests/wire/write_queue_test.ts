import { WriteQueue } from "../../lib/wire/write_queue.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

/** A sink whose writes settle when the test says so. */
function heldSink() {
  const writes: { text: string; done: PromiseWithResolvers<void> }[] = [];
  const add = (text: string) => {
    const done = Promise.withResolvers<void>();
    writes.push({ text, done });
    return done.promise;
  };
  return {
    writes,
    texts: () => writes.map(({ text }) => text),
    write: (bytes: Uint8Array) => add(new TextDecoder().decode(bytes)),
    closeWrite: () => add("end"),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("WriteQueue: writes come one after the other, in their order", PURE, async () => {
  const sink = heldSink();
  const queue = new WriteQueue(sink);
  const all = Promise.all([queue.write(utf8("a")), queue.write(utf8("b")), queue.close()]);
  for (const expected of [["a"], ["a", "b"], ["a", "b", "end"]]) {
    await turn();
    assertEquals(sink.texts(), expected);
    assert(queue.hasPending);
    sink.writes.at(-1)!.done.resolve();
  }
  await all;
  assertEquals([queue.hasPending, queue.closed], [false, true]);
});

Deno.test("WriteQueue: an exclusive job is not interrupted", PURE, async () => {
  const written: string[] = [];
  const queue = new WriteQueue({
    write: (bytes) => Promise.resolve(void written.push(new TextDecoder().decode(bytes))),
    closeWrite: () => Promise.resolve(),
  });
  const job = queue.exclusive(async (sink) => {
    await sink.write(utf8("1"));
    await turn();
    await sink.write(utf8("2"));
  });
  await Promise.all([job, queue.write(utf8("3"))]);
  assertEquals(written, ["1", "2", "3"]);
});

Deno.test(
  "WriteQueue: a turn lasts until its end, and the end waits for its last write",
  PURE,
  async () => {
    const sink = heldSink();
    const queue = new WriteQueue(sink);
    const first = await queue.turn();
    const notice = queue.write(utf8("notice"));
    const piece = first.sink.write(utf8("piece"));
    first.end(piece);
    await turn();
    assertEquals(sink.texts(), ["piece"]);
    sink.writes[0]!.done.resolve();
    await turn();
    assertEquals(sink.texts(), ["piece", "notice"]);
    sink.writes[1]!.done.resolve();
    await notice;
    assertEquals(queue.hasPending, false);
  },
);

Deno.test(
  "WriteQueue: after a failure all that follow fail, and something stays pending",
  PURE,
  async () => {
    const sink = heldSink();
    const queue = new WriteQueue(sink);
    const writes = [queue.write(utf8("a")), queue.write(utf8("b"))];
    sink.writes[0]!.done.reject(new Error("reset"));
    for (const write of writes) await assertRejects(() => write, Error, "reset");
    await assertRejects(() => queue.turn(), Error, "reset");
    assertEquals([sink.texts(), queue.hasPending], [["a"], true]);
  },
);

Deno.test("WriteQueue: to close again adds nothing", PURE, async () => {
  const sink = heldSink();
  const queue = new WriteQueue(sink);
  const ends = [queue.close(), queue.close()];
  sink.writes[0]!.done.resolve();
  await Promise.all(ends);
  assertEquals(sink.texts(), ["end"]);
});
