import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../lib/text/units.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

function testTable(
  name: string,
  parse: (text: string) => number | null,
  table: Record<string, number | null>,
): void {
  Deno.test(name, PURE, () => {
    for (const [text, amount] of Object.entries(table)) {
      assertEquals(parse(text), amount, JSON.stringify(text));
    }
  });
}

testTable("parseDuration takes a number with a unit, and 0", parseDuration, {
  "500ms": 500,
  "10s": 10_000,
  "5m": 300_000,
  "1h": 3_600_000,
  "0": 0,
  "0s": 0,
  "007s": 7_000,
  "1.5s": 1_500,
  "1.001s": 1_001, // 1.001 * 1000 is 1000.9999999999999
  "0.00001h": 36,
  "1.0ms": 1,
  "9007199254740991ms": Number.MAX_SAFE_INTEGER,
});

testTable("parseDuration refuses what is not one, or not whole milliseconds", parseDuration, {
  "": null,
  "10": null,
  "00": null,
  "s": null,
  "-1s": null,
  "+1s": null,
  "1 s": null,
  " 1s": null,
  "1s ": null,
  "1s\n": null,
  "1S": null,
  "1M": null,
  "1min": null,
  "1h30m": null,
  "1e3s": null,
  "0x10s": null,
  ".5s": null,
  "5.s": null,
  "1,5s": null,
  "0.5ms": null,
  "1.0001s": null,
  "9007199254740992ms": null,
  "99999999999999999999h": null,
  "٣s": null,
  "1constructor": null,
  "Infinitys": null,
});

testTable("parseSize takes bytes, and units in steps of 1024", parseSize, {
  "0": 0,
  "512": 512,
  "512B": 512,
  "1k": 1_024,
  "64k": 65_536,
  "64K": 65_536,
  "64KiB": 65_536,
  "16M": 16_777_216,
  "16MiB": 16_777_216,
  "2G": 2_147_483_648,
  "2GiB": 2_147_483_648,
  "1.5k": 1_536,
  "0.5KiB": 512,
  "9007199254740991": Number.MAX_SAFE_INTEGER,
});

testTable("parseSize refuses what is not one, means two things, or is no whole byte", parseSize, {
  "": null,
  "k": null,
  "1kB": null,
  "1KB": null,
  "1MB": null,
  "1GB": null,
  "1kiB": null,
  "1Ki": null,
  "1m": null,
  "1g": null,
  "1T": null,
  "-1": null,
  "1 k": null,
  "1.5": null,
  "0.1k": null,
  "1_024": null,
  "1e3": null,
  "9007199254740992": null,
  "8388608G": null,
});

Deno.test("formatDuration and formatSize take the largest unit that fits", PURE, () => {
  assertEquals([0, 1, 1_500, 10_000, 90_000, 300_000, 3_600_000].map(formatDuration), [
    "0",
    "1ms",
    "1500ms",
    "10s",
    "90s",
    "5m",
    "1h",
  ]);
  assertEquals([0, 1, 1_000, 1_024, 65_536, 16_777_216, 3 * 1024 ** 3].map(formatSize), [
    "0",
    "1B",
    "1000B",
    "1KiB",
    "64KiB",
    "16MiB",
    "3GiB",
  ]);
});

Deno.test("what is formatted parses back to what it was", PURE, () => {
  const amounts = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(100_000),
    fc.tuple(fc.nat(4096), fc.constantFrom(1_000, 60_000, 3_600_000, 1024, 1024 ** 2, 1024 ** 3))
      .map(([count, unit]) => count * unit),
  );
  fc.assert(fc.property(amounts, (amount) => {
    assertEquals(parseDuration(formatDuration(amount)), amount);
    assertEquals(parseSize(formatSize(amount)), amount);
  }));
});

Deno.test("parseDuration and parseSize never throw and give whole numbers only", PURE, () => {
  const near = fc.stringMatching(/^[0-9]{0,20}\.?[0-9]{0,20}[a-zA-Z]{0,3}$/);
  fc.assert(fc.property(fc.oneof(fc.string(), near), (text) => {
    for (const amount of [parseDuration(text), parseSize(text)]) {
      assertEquals(amount === null || (Number.isSafeInteger(amount) && amount >= 0), true);
    }
  }));
});
