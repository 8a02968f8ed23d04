import { ProgressTimer } from "../../lib/server/connection_monitor.ts";
import { Progress } from "../../lib/server/progress.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

Deno.test("ProgressTimer: it counts from the last change, as far as it was checked", PURE, () => {
  const timer = new ProgressTimer();
  assertEquals([timer.stalledFor(1, 100), timer.stalledFor(1, 150)], [0, 50]);
  assertEquals([timer.stalledFor(2, 160), timer.stalledFor(2, 200)], [0, 40]);
  assertEquals([timer.stalledFor(NaN, 210), timer.stalledFor(NaN, 500)], [0, 0]);
});

/** A client in a state that the test sets. */
function measure() {
  const state = { isReading: true, total: 0, hasPending: false, written: 0, messages: 0 };
  const subscriber = { queuedBytes: 0, taken: 0 };
  const called: string[] = [];
  const progress = new Progress({
    io: { conn: state, reader: state, queue: state },
    loop: state,
    subscriber,
    eviction: { closeIdle: () => called.push("idle"), abortSlow: () => called.push("stall") },
    timeouts: { idleTimeout: 100, stallTimeout: 10 },
  });
  return { state, subscriber, called, check: (now: number) => progress.checkTimeouts(now) };
}

Deno.test("Progress: a client from which a message is waited for is idle, in time", PURE, () => {
  const { called, check } = measure();
  for (const now of [0, 100]) check(now);
  assertEquals(called, []);
  check(101);
  assertEquals(called, ["idle"]);
});

Deno.test("Progress: a message, or 64 KiB of one, is progress; a few bytes are none", PURE, () => {
  const { state, called, check } = measure();
  check(0);
  state.messages++;
  check(90);
  state.total = 65_536;
  check(180);
  state.total += 1000;
  check(280);
  assertEquals(called, []);
  check(281);
  assertEquals(called, ["idle"]);
});

Deno.test(
  "Progress: a client that takes nothing of its echo is stalled, and one that takes is not",
  PURE,
  () => {
    const { state, called, check } = measure();
    Object.assign(state, { isReading: false, hasPending: true });
    check(0);
    state.written = 1;
    check(9);
    check(19);
    assertEquals(called, []);
    check(20);
    assertEquals(called, ["stall"]);
  },
);

Deno.test("Progress: time that the server itself needs counts for neither", PURE, () => {
  const { state, called, check } = measure();
  Object.assign(state, { isReading: false, hasPending: false });
  for (const now of [0, 1000, 2000]) check(now);
  Object.assign(state, { isReading: true, hasPending: true }); // a broadcast waits
  for (const now of [2001, 2050]) check(now);
  assertEquals(called, []);
});

Deno.test(
  "Progress: a client that takes nothing of its broadcasts stalls, also as it listens",
  PURE,
  () => {
    const { state, subscriber, called, check } = measure();
    subscriber.queuedBytes = 1000;
    check(0);
    state.written = 1; // it takes some
    check(9);
    check(19);
    assertEquals(called, []);
    check(20);
    assertEquals(called, ["stall"]);
    subscriber.queuedBytes = 0; // nothing waits any more
    subscriber.taken++;
    check(21);
    assertEquals(called, ["stall"]);
  },
);
