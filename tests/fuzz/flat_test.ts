import { assertEquals } from "../support/assert.ts";
import { evenly, growth, head, row } from "./flat.ts";

const MIB = 2 ** 20;
const PURE = { permissions: "none" } as const;
const quarters = (...mebibytes: number[]) =>
  mebibytes.flatMap((it) => [it, it, it].map((it) => it * MIB));

Deno.test("growth() passes over the first quarter, and a tenth and 16 MiB", PURE, () => {
  assertEquals(growth(quarters(50, 100, 100, 100)), null);
  assertEquals(growth(quarters(500, 100, 900, 126)), null);
  assertEquals(
    growth(quarters(100, 100, 100, 127)),
    "its memory grew from 100.0 MiB in the second quarter to 127.0 MiB in the last",
  );
});

Deno.test(
  "growth() takes the median: a peak is no growth, and a fall between peaks is some",
  PURE,
  () => {
    const flat = Array<number>(40).fill(100 * MIB);
    assertEquals(growth(flat.with(-1, 900 * MIB)), null);
    const grown = [...flat.slice(0, 30), ...Array<number>(10).fill(200 * MIB)];
    assertEquals(growth(grown.with(-1, 0)) === null, false);
  },
);

Deno.test("growth() finds a slow leak, and says when there is too little to judge", PURE, () => {
  const leak = Array.from({ length: 240 }, (_, i) => (60 + i / 4) * MIB); // 60 MiB in 20 minutes
  assertEquals(growth(leak) === null, false);
  assertEquals(growth([MIB, MIB, MIB]), "it was looked at too rarely");
});

Deno.test("the table has a column for each number, and as many cells in each row", PURE, () => {
  const held = [{ memory: 64.25 * MIB, descriptors: 20 }, { memory: MIB, descriptors: 3 }];
  const sample = { minutes: 1.04, connections: 7, messages: 1234, bytes: 5.4 * MIB, held };
  assertEquals(row(sample), "| 1.0 | 7 | 1234 | 5 | 64.3 | 20 | 1.0 | 3 |");
  const columns = head(["TLS", "plain"]).split("\n").map((it) => it.split("|").length);
  assertEquals(columns, [10, 10]);
});

Deno.test("evenly() takes the first, the last and some in between", PURE, () => {
  assertEquals(evenly([1, 2, 3, 4, 5], 3), [1, 3, 5]);
  assertEquals(evenly([1, 2], 3), [1, 2]);
});
