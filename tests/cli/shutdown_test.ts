import { Shutdown } from "../../lib/cli/shutdown.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

/** What was requested so far: nothing, the end, or the end at once. */
async function stateOf(shutdown: Shutdown): Promise<string> {
  let forced = false;
  void shutdown.forced.then(() => forced = true);
  await new Promise((resolve) => setTimeout(resolve)); // promises that are settled have their turn
  return forced ? "forced" : shutdown.signal.aborted ? "requested" : "running";
}

Deno.test(
  "Shutdown: signals within half a second count once, a later one forces",
  PURE,
  async () => {
    let now = 1000;
    const shutdown = new Shutdown(() => now);
    assertEquals(await stateOf(shutdown), "running");
    for (const time of [1000, 1000, 1001, 1499]) {
      now = time;
      shutdown.onSignal();
      assertEquals(await stateOf(shutdown), "requested");
    }
    now = 1500;
    shutdown.onSignal();
    assertEquals(await stateOf(shutdown), "forced");
  },
);

Deno.test("Shutdown: what is typed counts each time", PURE, async () => {
  const shutdown = new Shutdown(() => 0);
  shutdown.request();
  assertEquals(await stateOf(shutdown), "requested");
  shutdown.request();
  assertEquals(await stateOf(shutdown), "forced");
});

Deno.test("Shutdown: a signal after a typed request forces", PURE, async () => {
  const shutdown = new Shutdown(() => 0);
  shutdown.request();
  shutdown.onSignal();
  assertEquals(await stateOf(shutdown), "forced");
});

Deno.test(
  "Shutdown.withGrace() waits for the last work, and not at all once forced",
  PURE,
  async () => {
    const shutdown = new Shutdown();
    const work = Promise.withResolvers<void>();
    let isOver = false;
    const waiting = shutdown.withGrace(work.promise).then(() => isOver = true);
    await Promise.resolve();
    assertEquals(isOver, false);
    work.resolve();
    await waiting;
    shutdown.request();
    shutdown.request();
    await shutdown.withGrace(new Promise(() => {}));
  },
);
