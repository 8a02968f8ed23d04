import fc from "fast-check";
import { Batch, type BatchOptions } from "../../lib/text/batch.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const NEVER = 1_000_000;
const ROOMY = { delay: 0, limit: 1_000 };

/** One turn of the event loop: whatever can go on without a timer has done so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A batch and the pieces it has written, each of which takes until `finish` is called. */
function slowBatch(options: BatchOptions) {
  const pieces: string[] = [];
  const begun: PromiseWithResolvers<void>[] = [];
  const writes: PromiseWithResolvers<void>[] = [];
  const at = (n: number) => begun[n] ??= Promise.withResolvers<void>();
  const batch = new Batch((bytes) => {
    const write = Promise.withResolvers<void>();
    writes.push(write);
    pieces.push(new TextDecoder().decode(bytes));
    at(pieces.length - 1).resolve();
    return write.promise;
  }, options);
  return {
    batch,
    pieces,
    /** Settles when the `n`th write has begun, counted from 0. */
    begun: (n: number) => at(n).promise,
    finish: () => writes.at(-1)!.resolve(),
  };
}

/** A batch and the pieces it has written at once. */
function quickBatch(options: BatchOptions) {
  const pieces: string[] = [];
  const batch = new Batch((bytes) => {
    pieces.push(new TextDecoder().decode(bytes));
    return Promise.resolve();
  }, options);
  return { batch, pieces };
}

Deno.test("Batch writes what is added in one go as one piece", PURE, async () => {
  const { batch, pieces } = quickBatch(ROOMY);
  batch.add("a\n");
  batch.add("é\n");
  batch.add("😀");
  await batch.flush();
  assertEquals(pieces, ["a\né\n😀"]);
});

Deno.test("Batch without delay writes on its own", PURE, async () => {
  const { batch, pieces, begun, finish } = slowBatch(ROOMY);
  batch.add("a");
  await begun(0);
  assertEquals(pieces, ["a"]);
  finish();
  await batch.flush();
});

Deno.test("Batch gathers while a write is under way", PURE, async () => {
  const { batch, pieces, begun, finish } = slowBatch(ROOMY);
  batch.add("a");
  await begun(0);
  batch.add("b");
  const flushed = batch.flush();
  batch.add("c");
  await turn();
  assertEquals(pieces, ["a"]);
  finish();
  await begun(1);
  assertEquals(pieces, ["a", "bc"]);
  finish();
  await flushed;
});

Deno.test("Batch with a delay waits for more, and flush does not", PURE, async () => {
  const { batch, pieces } = quickBatch({ delay: NEVER, limit: 1_000 });
  batch.add("a");
  batch.add("b");
  await turn();
  assertEquals(pieces, []);
  await batch.flush();
  assertEquals(pieces, ["ab"]);
}); // and the sanitizer sees that no timer is left

Deno.test("Batch writes when the delay is over", PURE, async () => {
  const { batch, pieces, begun, finish } = slowBatch({ delay: 1, limit: 1_000 });
  batch.add("a");
  batch.add("b");
  await begun(0);
  assertEquals(pieces, ["ab"]);
  finish();
  await batch.flush();
});

Deno.test("Batch.flush settles only when all before it is written", PURE, async () => {
  const { batch, begun, finish } = slowBatch(ROOMY);
  let flushed = false;
  batch.add("a");
  await begun(0);
  batch.add("b");
  const flush = batch.flush().then(() => flushed = true);
  finish();
  await begun(1);
  await turn();
  assert(!flushed);
  finish();
  await flush;
});

Deno.test("Batch.flush settles when there is nothing to write", PURE, async () => {
  const { batch, pieces } = quickBatch(ROOMY);
  await batch.flush();
  assertEquals(pieces, []);
});

Deno.test(
  "Batch.add asks to wait past the limit, until what waits is on its way",
  PURE,
  async () => {
    const { batch, pieces, begun, finish } = slowBatch({ delay: NEVER, limit: 4 });
    assertEquals(batch.add("1234"), undefined);
    const room = batch.add("5"); // starts a write without delay
    assert(room instanceof Promise);
    await room;
    await begun(0);
    assertEquals(pieces, ["12345"]);

    assertEquals(batch.add("6789"), undefined);
    let released = false;
    const more = batch.add("0")!.then(() => released = true);
    await Promise.resolve();
    assert(!released, "a write is under way and as much as may waits for it");
    finish();
    await more;
    assertEquals(pieces, ["12345", "67890"]);
    finish();
    await batch.flush();
  },
);

Deno.test("Batch does not wait for its delay with much to write", PURE, async () => {
  const { batch, pieces, begun, finish } = slowBatch({ delay: NEVER, limit: 1024 ** 2 });
  assertEquals(batch.add("x".repeat(300 * 1024)), undefined);
  await begun(0);
  assertEquals(pieces[0]!.length, 300 * 1024);
  finish();
  await batch.flush();
});

Deno.test("Batch goes on after a write that failed", PURE, async () => {
  const pieces: string[] = [];
  const batch = new Batch((bytes) => {
    const piece = new TextDecoder().decode(bytes);
    if (piece === "throws") throw new Error("at once");
    if (piece === "rejects") return Promise.reject(new Error("later"));
    pieces.push(piece);
    return Promise.resolve();
  }, ROOMY);
  for (const text of ["a", "throws", "b", "rejects", "c"]) {
    batch.add(text);
    await batch.flush();
  }
  assertEquals(pieces, ["a", "b", "c"]);
});

Deno.test("Batch keeps order and bytes under any interleaving", PURE, async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: "grapheme" }) },
    fc.constantFrom({ it: "flush" }, { it: "turn" }, { it: "wait" }),
  );
  const options = fc.record({ delay: fc.constantFrom(0, 1, NEVER), limit: fc.nat(20) });
  const check = async (steps: (string | { it: string })[], options: BatchOptions) => {
    let written = "";
    let writes = 0;
    let mostWrites = 0;
    const batch = new Batch(async (bytes) => {
      mostWrites = Math.max(mostWrites, ++writes);
      for (let turns = 0; turns < 10; turns++) await Promise.resolve();
      written += new TextDecoder().decode(bytes);
      writes--;
    }, options);
    let added = "";
    let full: void | Promise<void> = undefined;
    for (const step of steps) {
      if (typeof step === "string") {
        added += step;
        full = batch.add(step);
      } else if (step.it === "flush") {
        const expected = added;
        void batch.flush().then(() => assert(written.startsWith(expected)));
      } else if (step.it === "turn") await Promise.resolve();
      else await full;
    }
    await batch.flush();
    assertEquals(written, added);
    assert(mostWrites <= 1, "one write at a time");
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), options, check));
});
