/**
 * One client of a real server: what it says and how it leaves, made of one seed, and whether it was
 * answered as docs/protocol.md says.
 *
 * @module
 */
import { equals } from "../../lib/std.ts";
import { Random } from "../support/random.ts";
import { concat } from "../support/sources.ts";
import type { Tally } from "./audit.ts";
import { answer, isRightEnd } from "./model.ts";
import { type DialectName, type Limits, mutate, traffic } from "./traffic.ts";

/** How long a server may take for one client, in milliseconds. */
const PATIENCE = 30_000;

/** How many clients there are at a time. */
const CROWD = 16;

/** Who is to be talked to; each call makes a connection. */
export interface Servers {
  /** A connection on which `over` is spoken. */
  connect(over: DialectName): Promise<Deno.Conn>;
  /** A connection on which nothing has been said. */
  connectBare(): Promise<Deno.Conn>;
  /** Takes what was echoed to a client. */
  expect(over: DialectName, tally: Tally): void;
  /** What a TLS client says first. */
  hello: Uint8Array;
  /** What the servers accept. */
  limits: Limits;
}

/** All that one seed makes. */
export interface Conversation {
  /** How messages are told apart, or the beginning of TLS and no more. */
  over: DialectName | "handshake";
  /** What the client says. */
  bytes: Uint8Array;
  /** In how large writes, at most. */
  most: number;
  /** Whether it ends its side and reads to the end, or leaves as soon as all is said. */
  stays: boolean;
}

/** The conversation of `seed`. */
export function makeConversation(seed: number, { hello, limits }: Servers): Conversation {
  const random = new Random(seed);
  const over = random.pick(
    ["frames", "frames", "frames", "frames", "lines", "lines", "raw", "handshake"] as const,
  );
  const bytes = over === "handshake"
    ? mutate(random, hello, "raw", limits)
    : traffic(random, over, limits);
  const most = bytes.length < 500 && random.oneIn(4) ? 1 : random.pick([20, 1000, Infinity]);
  const isLong = bytes.length > 50_000; // who reads nothing of a long echo is not read from
  return { over, bytes, most: isLong ? Infinity : most, stays: isLong || !random.oneIn(8) };
}

/**
 * Holds `count` conversations, those of the seeds from `first` on, many at a time. Rejects with an
 * Error that says what was wrong with one, and how to see it again.
 */
export async function converseAll(first: number, count: number, servers: Servers): Promise<void> {
  let seed = first;
  const talk = async () => {
    while (seed < first + count) await converse(seed++, servers);
  };
  await Promise.all(Array.from({ length: CROWD }, talk));
}

/** Holds the conversation of `seed`. Rejects as `converseAll` does. */
export async function converse(seed: number, servers: Servers): Promise<void> {
  const it = makeConversation(seed, servers);
  try {
    await hold(it, servers);
  } catch (error) {
    const shown = it.bytes.length > 4000 ? "" : `: ${it.bytes.toHex()}`;
    throw new Error(
      `conversation ${seed}: ${(error as Error).message}\n` +
        `${it.over}, writes of ${it.most} of ${it.bytes.length} bytes${shown}\n` +
        `see it again: deno task fuzz --conversation ${seed}`,
      { cause: error },
    );
  }
}

async function hold(it: Conversation, servers: Servers): Promise<void> {
  const { over, bytes, stays } = it;
  using conn = await (over === "handshake" ? servers.connectBare() : servers.connect(over));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn.close();
  }, PATIENCE);
  try {
    const said = say(conn, it);
    if (!stays) return await said;
    const [came] = await Promise.all([hear(conn), said]);
    if (over === "handshake") return; // there is more than one right answer to these
    judge(came, it, servers.limits);
    const { messages, payload } = answer(bytes, over, servers.limits);
    const { port } = conn.localAddr as Deno.NetAddr;
    servers.expect(over, { port, messages, bytes: payload });
  } catch (error) {
    throw isLate ? new Error(`no end within ${PATIENCE / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Says all of it. That the server has left before is its right. */
async function say(conn: Deno.Conn, { bytes, most, stays }: Conversation): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + most));
    if (stays) await conn.closeWrite();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** All that comes until the end. */
async function hear(conn: Deno.Conn): Promise<{ bytes: Uint8Array; cleanly: boolean }> {
  const pieces: Uint8Array[] = [];
  const piece = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await conn.read(piece);
      if (count === null) return { bytes: concat(...pieces), cleanly: true };
      pieces.push(piece.slice(0, count));
    }
  } catch {
    return { bytes: concat(...pieces), cleanly: false };
  }
}

function judge(
  came: { bytes: Uint8Array; cleanly: boolean },
  { over, bytes }: Conversation,
  limits: Limits,
): void {
  const expected = answer(bytes, over as DialectName, limits);
  const sure = expected.bytes;
  if (!equals(sure, came.bytes.subarray(0, sure.length))) {
    const differs = sure.findIndex((byte, i) => byte !== came.bytes[i]);
    throw new Error(`byte ${differs} of ${sure.length} differs; ${came.bytes.length} came`);
  }
  const rest = came.bytes.subarray(sure.length);
  if (!isRightEnd(rest, over as DialectName, expected)) {
    throw new Error(`after ${sure.length} right bytes came: ${rest.subarray(0, 500).toHex()}`);
  }
  if (!came.cleanly && expected.begun.length === 0) throw new Error("it was not ended cleanly");
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected;
}
