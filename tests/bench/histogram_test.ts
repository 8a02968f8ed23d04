import { Latencies } from "../../lib/bench/histogram.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

Deno.test("Latencies: percentiles to three digits, in microseconds", PURE, () => {
  const latencies = new Latencies();
  for (let i = 1; i <= 1000; i++) latencies.record(i / 10); // 0.1 to 100 ms
  const { p50, p90, p99, "p99.9": p999, max } = latencies.summary();
  for (
    const [got, wanted] of [
      [p50, 50_000],
      [p90, 90_000],
      [p99, 99_000],
      [p999, 99_900],
      [max, 100_000],
    ] as const
  ) assert(Math.abs(got - wanted) <= wanted / 500, `${got} for ${wanted}`);
  assertEquals(latencies.count, 1000);
});

Deno.test("Latencies: what is longer than it can tell counts as its longest", PURE, () => {
  const latencies = new Latencies();
  latencies.record(1e9);
  latencies.record(-1); // of a clock that was set back
  assertEquals(latencies.count, 2);
  assert(latencies.at(100) >= 59_900_000);
  assertEquals(latencies.at(1), 0);
});
