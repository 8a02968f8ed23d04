import { fuzzDecoder } from "./fuzz.ts";
import { assertEquals } from "../support/assert.ts";

const CASES = 100_000;

/** Every way in which bytes can end: who generates only some of them tests only some. */
const ENDINGS = [
  "frames: body",
  "frames: body that has begun",
  "frames: empty",
  "frames: end",
  "frames: header",
  "frames: kind",
  "frames: too large",
  "lines: end",
  "lines: too large",
  "raw: end",
];

Deno.test(`${CASES} cases of mutated traffic are decoded as they are meant`, async () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < CASES; seed++) {
    const ending = await fuzzDecoder(seed);
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const frequent = [...counts].filter(([, count]) => count > CASES / 200).map(([ending]) => ending);
  assertEquals(frequent.sort(), ENDINGS);
});
