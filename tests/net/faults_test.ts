/** What each fault of `--fault` does to the bytes of a connection, and how faults are written. */
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { type Harm, withFaults } from "../../lib/net/faults/faults.ts";
import { randomOf } from "../../lib/net/faults/random.ts";
import { FAULTS, type FaultSpec, parseFault } from "../../lib/net/faults/spec.ts";
import { memoryPair } from "../support/pairs.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("a fault is a name, a value and conditions", PURE, () => {
  const common = { value: 0, afterBytes: 0, afterMs: 0, probability: 1, connection: null };
  const cases: [text: string, spec: Record<string, unknown>][] = [
    ["truncate", { name: "truncate" }],
    ["delay=200ms", { name: "delay", value: 200 }],
    ["rate=64k", { name: "rate", value: 65_536 }],
    ["drop", { name: "drop", value: 1 }],
    ["reset,after=1k", { name: "reset", afterBytes: 1024 }],
    ["stall,after=2s", { name: "stall", afterMs: 2000 }],
    ["http-status=503", { name: "http-status", value: 503 }],
    ["close-reason=1011", { name: "close-reason", value: 1011 }],
    ["split=3,p=0.25,conn=7", { name: "split", value: 3, probability: 0.25, connection: 7 }],
  ];
  for (const [text, spec] of cases) {
    assertEquals({ ...parseFault(text) }, { ...common, ...spec, text } as FaultSpec);
  }
});

Deno.test("a fault that is wrong says why", PURE, () => {
  const cases: [text: string, why: string][] = [
    ["", 'there is no fault ""'],
    ["toString", 'there is no fault "toString"'],
    ["delay", "delay takes a time, as in delay=200ms"],
    ["delay=3", "delay takes a time, as in delay=200ms"],
    ["rate=0", "rate takes a size, as in rate=64k"],
    ["http-status=99", "http-status takes a number, as in http-status=503"],
    ["close-reason", "close-reason takes a number, as in close-reason=1011"],
    ["truncate=3", "truncate takes no value"],
    ["truncate,after=x", "after takes a size or a time"],
    ["truncate,p=2", "p takes a part, as in p=0.1"],
    ["truncate,p=0", "p takes a part, as in p=0.1"],
    ["truncate,conn=0", "conn takes a number from 1 on"],
    ["truncate,at=3", '"at=3" is none of after=, p= and conn='],
  ];
  for (const [text, why] of cases) assertThrows(() => parseFault(text), Error, why);
});

/** What arrives of three writes, and the harms that were noted. */
async function send(
  text: string,
  { connection = 1, seed = 1 } = {},
): Promise<{ pieces: string[]; harms: [string, number][] }> {
  const { near, far } = memoryPair();
  const end = () => void near.closeWrite();
  const inner: Conn = {
    read: (view) => near.read(view),
    write: (bytes) => near.write(bytes),
    closeWrite: () => near.closeWrite(),
    peer: { hostname: "::1", port: 1 },
    name: "[::1]:1",
    isEncrypted: false,
    written: 0,
    handshake: () => Promise.resolve(null),
    close: end,
    abort: end,
  };
  const harms: [string, number][] = [];
  const onHarm = ({ fault, at }: Harm) => void harms.push([fault, at]);
  const conn = withFaults(inner, connection, { faults: [parseFault(text)], seed, onHarm });
  for (const word of ["one", "two", "three"]) await conn.write(utf8(word)).catch(() => {});
  await conn.closeWrite().catch(() => {});
  inner.close(); // also where the fault keeps it
  const pieces: string[] = [];
  const view = new Uint8Array(100);
  try {
    for (let count = await far.read(view); count !== null; count = await far.read(view)) {
      pieces.push(new TextDecoder().decode(view.subarray(0, count)));
    }
  } catch (error) {
    pieces.push((error as Error).name);
  }
  return { pieces, harms };
}

/** All that arrives, and the harms. */
const HARMS: Record<string, [arrived: string, harms: [string, number][]]> = {
  "delay=1ms,after=6": ["onetwothree", [["delay", 6]]],
  "rate=10000": ["onetwothree", [["rate", 0], ["rate", 3], ["rate", 6]]],
  "split=2,after=6": ["onetwothree", [["split", 6]]],
  "drip,after=6": ["onetwothree", [["drip", 6]]],
  "drop=4,after=1": ["oothree", [["drop", 1], ["drop", 3]]],
  "duplicate,after=3": ["onetwotwothree", [["duplicate", 3]]],
  "duplicate,after=4": ["onetwowothree", [["duplicate", 4]]],
  "half-close-early,after=4": ["onet", [["half-close-early", 4]]],
  "truncate,after=7": ["onetwot", [["truncate", 7]]],
  "stall,after=3": ["one", [["stall", 3]]],
};

for (const [text, [arrived, harms]] of Object.entries(HARMS)) {
  Deno.test(`${text} harms what is sent from its place on, and notes it`, async () => {
    const seen = await send(text);
    assertEquals([seen.pieces.join(""), seen.harms], [arrived, harms]);
  });
}

Deno.test("corrupt flips one bit, the same one for the same seed", async () => {
  const { pieces, harms } = await send("corrupt,after=4", { seed: 3 });
  const received = utf8(pieces.join(""));
  const wanted = utf8("onetwothree");
  const changed = [...wanted.keys()].filter((index) => wanted[index] !== received[index]);
  assertEquals([changed, harms], [[4], [["corrupt", 4]]]);
  const bits = (received[4]! ^ wanted[4]!).toString(2).replaceAll("0", "");
  assertEquals(bits, "1");
  assertEquals((await send("corrupt,after=4", { seed: 3 })).pieces, pieces);
});

Deno.test("conn= harms one connection, p= a part of them, the same for the same seed", async () => {
  const harmed = async (text: string, seed: number) => {
    const found: number[] = [];
    for (let connection = 1; connection <= 200; connection++) {
      if ((await send(text, { connection, seed })).harms.length > 0) found.push(connection);
    }
    return found;
  };
  assertEquals(await harmed("truncate,conn=3", 1), [3]);
  const part = await harmed("truncate,p=0.25", 1);
  assert(part.length > 30 && part.length < 70, `${part.length} of 200`);
  assertEquals(await harmed("truncate,p=0.25", 1), part);
  assert(`${await harmed("truncate,p=0.25", 2)}` !== `${part}`);
});

Deno.test("the numbers of a seed are spread, and those of two connections differ", PURE, () => {
  const [one, other] = [randomOf(1, 1), randomOf(1, 2)];
  const numbers = Array.from({ length: 1000 }, one);
  const mean = numbers.reduce((sum, it) => sum + it, 0) / numbers.length;
  assert(numbers.every((it) => it >= 0 && it < 1) && mean > 0.45 && mean < 0.55);
  assert(other() !== numbers[0]);
});

Deno.test("docs/faults.md has a row for each fault", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/faults.md", import.meta.url));
  for (const name of Object.keys(FAULTS)) assert(page.includes(`| \`${name}`), name);
});
