import { grouped, shortBytes, shortDuration, shortLatency } from "../../lib/text/amounts.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

Deno.test("amounts: numbers, bytes, times and latencies are short", PURE, () => {
  assertEquals([0, 999, 1234567.8].map(grouped), ["0", "999", "1,234,568"]);
  assertEquals([0, 999, 1000, 20_500_000, 123e6, 5e9].map(shortBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "20.5 MB",
    "123 MB",
    "5.0 GB",
  ]);
  assertEquals([-5, 999, 61_000, 3_600_000, 90_061_000].map(shortDuration), [
    "0 s",
    "0 s",
    "1 m 1 s",
    "1 h 0 m",
    "1 d 1 h",
  ]);
  assertEquals([null, 0.086, 1.5].map(shortLatency), ["-", "86 µs", "1.5 ms"]);
});
