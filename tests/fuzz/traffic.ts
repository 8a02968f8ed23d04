/**
 * What a client sends, made of chance: messages that are right, and what may happen to their bytes.
 *
 * @module
 */
import { concat, utf8 } from "../support/sources.ts";
import type { Random } from "../support/random.ts";

/** How messages are told apart. */
export type DialectName = "frames" | "lines" | "raw";

/** What the receiver accepts. */
export interface Limits {
  /** The longest payload, in bytes. */
  limit: number;
  /** The longest payload that is held whole, in bytes. */
  whole: number;
}

/** More bytes than this in a message are rare, or they would take most of the time. */
const MANY = 50_000;

const COMMANDS = ["quit", "quit", "exit", ""].map(utf8);
/** Like commands, and none. */
const NO_COMMANDS = ["Quit", "quits", "qui", "exit ", "\0", " "].map(utf8);
const TEXTS = ["hello", 'say "no"', "Grüße, 世界 👋", '"\\', "\x1b[2J", "time=0 level=info"].map(
  utf8,
);
const LINE_ENDS = ["\n", "\n", "\n", "\r\n"].map(utf8);
/** What somebody may slip in between. */
const SCRAPS = ["\n", "\r", "\r\n", "\n\n", "quit\n", "\nexit", "\0\0\0\0", "\0\0\0\x01\x01"]
  .map(utf8);

/** Bytes of a client that speaks `dialect`; in most of them something is wrong. */
export function traffic(random: Random, dialect: DialectName, limits: Limits): Uint8Array {
  const count = random.below(random.pick([3, 10, 30]));
  const messages = Array.from({ length: count }, () => {
    const payload = random.oneIn(30) ? random.pick(COMMANDS) : said(random, limits);
    return encode(random, dialect, payload);
  });
  if (random.oneIn(3)) messages.push(encode(random, dialect, random.pick(COMMANDS)));
  return mutate(random, concat(...messages), dialect, limits);
}

function encode(random: Random, dialect: DialectName, payload: Uint8Array): Uint8Array {
  if (dialect === "raw") return payload;
  if (dialect === "lines") return concat(payload, random.pick(LINE_ENDS));
  return frame(1 + payload.length, random.below(2), payload);
}

function said(random: Random, { limit, whole }: Limits): Uint8Array {
  switch (random.below(8)) {
    case 0:
      return random.pick(NO_COMMANDS).subarray(0, limit);
    case 1:
    case 2:
      return random.pick(TEXTS).subarray(0, limit);
    case 3: { // on an edge
      const edge = random.oneIn(2 + Math.floor(limit / MANY))
        ? limit
        : whole * random.pick([1, 1, 2]);
      return letters(random, within(limit, edge + random.between(-2, 3)));
    }
    case 4:
      return random.bytes(random.below(within(300, limit)));
    default:
      return letters(random, random.below(within(40, limit)));
  }
}

function within(most: number, length: number): number {
  return Math.max(0, Math.min(most, length));
}

function letters(random: Random, length: number): Uint8Array {
  return random.bytes(length).map((byte) => 0x61 + byte % 26);
}

/** A frame whose length and kind may be anything. */
function frame(length: number, kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + payload.length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = kind;
  bytes.set(payload, 5);
  return bytes;
}

/** Does to bytes what a bad network, a bad program or a bad person does; not always anything. */
export function mutate(
  random: Random,
  bytes: Uint8Array,
  dialect: DialectName,
  limits: Limits,
): Uint8Array {
  for (let times = random.pick([0, 0, 1, 1, 1, 2, 5]); times > 0; times--) {
    bytes = mutateOnce(random, bytes, dialect, limits);
  }
  return bytes;
}

function mutateOnce(
  random: Random,
  bytes: Uint8Array,
  dialect: DialectName,
  { limit }: Limits,
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.between(1, random.pick([4, 40, 400])));
  const [before, stretch, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, end),
    bytes.subarray(end),
  ];
  switch (random.below(10)) {
    case 0: // cut off
    case 1:
      return before;
    case 2: // lost
      return concat(before, after);
    case 3: // sent twice
      return concat(before, stretch, stretch, after);
    case 4: // overtaken
      return concat(stretch, before, after);
    case 5: // mixed with something else
      return concat(before, random.bytes(random.between(1, 9)), stretch, after);
    case 6:
      return concat(before, random.pick(SCRAPS), stretch, after);
    case 7: { // one bit
      const changed = bytes.slice();
      if (at < bytes.length) changed[at]! ^= 1 << random.below(8);
      return changed;
    }
    default: { // a message that should not be, between two others or in the middle of one
      const where = random.oneIn(3) ? at : boundary(random, bytes, dialect);
      const wrong = wrongMessage(random, dialect, limit);
      return concat(bytes.subarray(0, where), wrong, bytes.subarray(where));
    }
  }
}

/** Where a message ends, in bytes that are right so far. */
function boundary(random: Random, bytes: Uint8Array, dialect: DialectName): number {
  const ends = [0];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; dialect === "frames" && at + 4 <= bytes.length;) {
    at += 4 + view.getUint32(at);
    if (at <= bytes.length) ends.push(at);
  }
  if (dialect === "lines") bytes.forEach((byte, i) => byte === 0x0a && ends.push(i + 1));
  return random.pick(ends);
}

function wrongMessage(random: Random, dialect: DialectName, limit: number): Uint8Array {
  if (dialect !== "frames") return letters(random, limit + random.between(1, 3));
  const lengths = [
    0,
    0,
    1,
    4,
    limit + 1,
    limit + 2,
    limit + 3,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
  ];
  const kinds = [0, 1, 2, 3, 4, 5, 6, 0x7f, 0x80, 0xff];
  const payload = letters(
    random,
    random.oneIn(3) ? within(MANY, limit) + random.below(4) : random.below(6),
  );
  return frame(random.pick(lengths), random.pick(kinds), payload);
}
