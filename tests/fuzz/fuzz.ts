/**
 * One case of the decoders: bytes of chance in pieces of chance, read as the server reads them, and
 * compared with what they mean as a whole.
 *
 * @module
 */
import { DIALECTS } from "../../lib/wire/dialect.ts";
import {
  EmptyFrame,
  TooLarge,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "../../lib/wire/errors.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import type { BufferSize } from "../../lib/wire/reader.ts";
import { equals } from "../../lib/std.ts";
import { openCodec, type Transcript, transcriptOf } from "../support/codec.ts";
import { Random } from "../support/random.ts";
import { concat } from "../support/sources.ts";
import { commandIn, type Heard, read, type Reading } from "./model.ts";
import { type DialectName, type Limits, traffic } from "./traffic.ts";

/** All that one seed makes. */
interface Case {
  dialect: DialectName;
  limits: Limits;
  size: BufferSize;
  bytes: Uint8Array;
  /** How much one read brings at most: from 1 to this. */
  most: number;
}

function makeCase(random: Random): Case {
  const dialect = random.pick(["frames", "frames", "frames", "lines", "lines", "raw"] as const);
  const limit = random.pick([1, 4, 5, 10, 64, 300, 1000]);
  const limits = { limit, whole: random.pick([limit, limit, 4, 10, 100]) };
  const least = random.pick([1, 2, 5, 7, 16, 64, 1024]);
  const size = { min: least, max: least * random.pick([1, 1, 2, 3, 16]) };
  const most = random.pick([1, 2, 5, 20, 100, Infinity]);
  return { dialect, limits, size, bytes: traffic(random, dialect, limits), most };
}

/**
 * Runs the case of `seed` and says how its bytes ended. Throws an Error that tells what is wrong, of
 * which case, and how to see it again.
 */
export async function fuzzDecoder(seed: number): Promise<string> {
  const random = new Random(seed);
  const it = makeCase(random);
  try {
    const expected = read(it.bytes, it.dialect, it.limits);
    compare(await decode(it, random), expected, it);
    const cutOff = expected.begun.length > 0 ? " that has begun" : "";
    return `${it.dialect}: ${expected.ending.replace(/ \d.*/, "")}${cutOff}`;
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${show(it)}\n${replay(seed)}`, {
      cause: error,
    });
  }
}

function replay(seed: number): string {
  return `see it again: deno task fuzz --seed ${seed}`;
}

function show({ dialect, limits, size, bytes, most }: Case): string {
  return `${dialect}, limit ${limits.limit}, whole ${limits.whole}, buffer ${size.min} to ` +
    `${size.max}, reads of 1 to ${most} of ${bytes.length} bytes: ${bytes.toHex()}`;
}

/** As the echo loop does it. */
function decode(it: Case, random: Random): Promise<Transcript> {
  const { limit: maxMessage, whole: maxHeld } = it.limits;
  const source = shredded(it, random);
  const { next } = openCodec(DIALECTS[it.dialect], source, { maxMessage, maxHeld }, it.size);
  return transcriptOf(next);
}

/** The bytes in pieces; and what asks for them must be able to take some, and not too many. */
function shredded({ dialect, bytes, limits, size, most }: Case, random: Random): ByteSource {
  const { limit, whole } = limits;
  const longest = dialect === "frames" ? 5 + Math.min(limit, whole) : limit + 2;
  const largest = Math.max(size.max, Math.ceil(longest * 1.5));
  let at = 0;
  let ended = false;
  return {
    read(view) {
      check(view.length > 0, "a read of nothing");
      check(!ended, "a read after the end");
      check(view.buffer.byteLength <= largest, `a buffer of ${view.buffer.byteLength} bytes`);
      ended = at === bytes.length;
      if (ended) return Promise.resolve(null);
      const wanted = most === Infinity ? Infinity : random.between(1, most);
      const count = Math.min(view.length, bytes.length - at, wanted);
      view.set(bytes.subarray(at, at += count));
      return Promise.resolve(count);
    },
  };
}

/** As the model puts it. */
function endingOf(error: unknown, { dialect, limits, bytes }: Case): string {
  if (error instanceof EmptyFrame) return "empty";
  if (error instanceof UnknownKind) return `kind ${error.kind}`;
  if (error instanceof TruncatedHeader) return `header ${error.got}/${error.wanted}`;
  if (error instanceof TruncatedBody) return `body ${error.got}/${error.wanted}`;
  if (!(error instanceof TooLarge)) throw error;
  if (dialect === "frames") return `too large ${error.size}/${error.limit}`;
  // Of a line it is what came so far, which the pieces decide.
  check(error.limit === limits.limit && error.size > limits.limit, error.message);
  check(error.size <= bytes.length, error.message);
  return "too large";
}

function compare(decoded: Transcript, expected: Reading, it: Case): void {
  const { messages, ending, begun } = expected;
  const got = decoded.error === null ? "end" : endingOf(decoded.error, it);
  check(got === ending, `it ended with "${got}" instead of "${ending}"`);
  check(equals(decoded.begun, begun), "the beginning of what was cut off differs");
  const isEchoed = (message: Heard) => it.dialect === "raw" || commandIn(message) === null;
  const echo = concat(...messages.filter(isEchoed).map(({ raw }) => raw));
  check(equals(decoded.echo, echo), "the echo differs");
  if (it.dialect === "raw") return; // each read is a message
  const count = decoded.messages.length;
  check(count === messages.length, `${count} messages instead of ${messages.length}`);
  messages.forEach((message, i) => {
    const { kind, payload, command } = decoded.messages[i]!;
    const isSame = command === commandIn(message) && kind === message.kind &&
      (command !== null || equals(payload, message.payload));
    check(isSame, `message ${i} differs`);
  });
}

function check(good: boolean, problem: string): void {
  if (!good) throw new Error(problem);
}
