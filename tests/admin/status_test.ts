import type { AdminSource } from "../../lib/admin/source.ts";
import { stateOf, statusOf } from "../../lib/admin/status.ts";
import { observe, WRITE_BOUNDS } from "../../lib/server/buckets.ts";
import { emptyMetrics } from "../../lib/server/metrics.ts";
import { assertEquals } from "../support/assert.ts";
import { adminSource } from "../support/admin.ts";

const PURE = { permissions: "none" } as const;

function status(change: (metrics: ReturnType<typeof emptyMetrics>) => void, of?: AdminSource) {
  const before = { time: 1_000, metrics: emptyMetrics() };
  const metrics = emptyMetrics();
  change(metrics);
  return statusOf(of ?? adminSource(), { time: 1_500, metrics, rows: [] }, before);
}

Deno.test("status: rates are of the time since the last sample, over all dialects", PURE, () => {
  const { messagesPerSecond, bytesPerSecond, messages } = status(({ traffic }) => {
    traffic.raw!.messages = 10;
    traffic.frames!.messages = 20;
    traffic.frames!.receivedBytes = 500;
  });
  assertEquals([messagesPerSecond, bytesPerSecond, messages], [60, 1_000, 30]);
});

Deno.test(
  "status: times of writes are of this second only, and null where there were none",
  PURE,
  () => {
    assertEquals(status(() => {}).writeP50, null);
    const { writeP50, writeP99 } = status(({ writeTimes }) => {
      for (let i = 0; i < 100; i++) observe(writeTimes, WRITE_BOUNDS, 20e-6);
    });
    assertEquals([writeP50! <= 0.025, writeP99! <= 0.025], [true, true]);
  },
);

Deno.test("status: each limit has its option, and how near it is", PURE, () => {
  const { limits } = status(({ usage }) => {
    usage.connections = 7;
    usage.historyBytes = 8;
  });
  assertEquals(limits.map(({ option, used, limit }) => [option, used, limit]), [
    ["max-connections", 7, 10],
    ["max-per-address", 0, 5],
    ["max-buffered", 0, 1_000],
    ["max-history-total", 8, 2_000],
  ]);
});

Deno.test("status: a server that takes no more connections is full, if it serves", PURE, () => {
  const with_ = (state: "serving" | "stopping", connections: number) =>
    stateOf({ ...adminSource(), state: () => state, connections: () => connections });
  assertEquals([with_("serving", 9), with_("serving", 10)], ["serving", "full"]);
  assertEquals(with_("stopping", 10), "stopping");
});
