/**
 * What docs/protocol.md says of bytes that lie there as a whole. Written from that page and as
 * simply as can be, apart from lib/wire, which gets the same bytes piece by piece.
 *
 * @module
 */
import { concat, utf8 } from "../support/sources.ts";
import type { DialectName, Limits } from "./traffic.ts";

/** A message. */
export interface Heard {
  /** 0 is bytes, 1 is text. */
  kind: number;
  /** What it says. */
  payload: Uint8Array;
  /** Its echo. */
  raw: Uint8Array;
}

/** What bytes mean, to their end. */
export interface Reading {
  /** The messages before whatever ended them, commands among them. */
  messages: Heard[];
  /** `end`, or in one line with its numbers what is wrong. */
  ending: string;
  /** What came of a message that is too long to be held whole and was cut off. */
  begun: Uint8Array;
}

const NOTHING: Uint8Array = new Uint8Array();

/** Reads all of `bytes`. */
export function read(bytes: Uint8Array, dialect: DialectName, limits: Limits): Reading {
  if (dialect === "frames") return readFrames(bytes, limits);
  if (dialect === "lines") return readLines(bytes, limits);
  const messages = bytes.length === 0 ? [] : [{ kind: 0, payload: bytes, raw: bytes }];
  return { messages, ending: "end", begun: NOTHING };
}

function readFrames(bytes: Uint8Array, { limit, whole }: Limits): Reading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: Heard[] = [];
  const stop = (ending: string, begun = NOTHING) => ({ messages, ending, begun });
  for (let at = 0;;) {
    const left = bytes.length - at;
    if (left === 0) return stop("end");
    if (left < 4) return stop(`header ${left}/4`);
    const length = view.getUint32(at);
    if (length === 0) return stop("empty");
    if (length - 1 > limit) return stop(`too large ${length - 1}/${limit}`);
    if (left === 4) return stop(`body 0/${length}`);
    const kind = bytes[at + 4]!;
    if (kind > 1) return stop(`kind ${kind}`);
    if (left < 4 + length) {
      const hasBegun = length - 1 > whole && left >= 5 + whole;
      return stop(`body ${left - 4}/${length}`, hasBegun ? bytes.subarray(at) : NOTHING);
    }
    const raw = bytes.subarray(at, at + 4 + length);
    messages.push({ kind, payload: raw.subarray(5), raw });
    at += raw.length;
  }
}

function readLines(bytes: Uint8Array, { limit }: Limits): Reading {
  const messages: Heard[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = at;
    while (end < bytes.length && bytes[end] !== 0x0a) end++;
    const raw = bytes.subarray(at, end + 1);
    // A CR at the very end stands for a line's end whose LF did not come.
    const payload = bytes.subarray(at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end);
    if (payload.length > limit) return { messages, ending: "too large", begun: NOTHING };
    messages.push({ kind: 1, payload, raw });
    at += raw.length;
  }
  return { messages, ending: "end", begun: NOTHING };
}

/** The command that a message is, or null. */
export function commandIn({ kind, payload }: Heard): "quit" | "exit" | "empty" | null {
  if (kind !== 1 || payload.length > 4) return null;
  const text = String.fromCharCode(...payload);
  return text === "" ? "empty" : text === "quit" || text === "exit" ? text : null;
}

/** What a server sends back until it ends its side. */
export interface Answer {
  /** Exactly this comes first: echoes, and the history after a quit. */
  bytes: Uint8Array;
  /** Then an error with this code. */
  code: number | null;
  /** Or else any part of this, the echo of what was cut off; the connection breaks in it. */
  begun: Uint8Array;
  /** How many messages were echoed; null where each read makes one. */
  messages: number | null;
  /** How many bytes of payload they had. */
  payload: number;
}

/** What a server answers to all that a client sends before it ends its side. */
export function answer(bytes: Uint8Array, dialect: DialectName, limits: Limits): Answer {
  const { messages, ending, begun } = read(bytes, dialect, limits);
  const nth = messages.findIndex((message) => commandIn(message) !== null);
  const echoed = nth < 0 ? messages : messages.slice(0, nth);
  const parts = echoed.map(({ raw }) => raw);
  const tally = {
    messages: dialect === "raw" ? null : echoed.length,
    payload: echoed.reduce((sum, { payload }) => sum + payload.length, 0),
  };
  if (nth >= 0) {
    if (commandIn(messages[nth]!) === "quit") parts.push(history(echoed, dialect));
    return { bytes: concat(...parts), code: null, begun: NOTHING, ...tally };
  }
  const isGood = ending === "end" || begun.length > 0;
  const code = isGood ? null : ending.startsWith("too large") ? 2 : 1;
  return { bytes: concat(...parts), code, begun, ...tally };
}

function history(echoed: Heard[], dialect: DialectName): Uint8Array {
  const texts = echoed.filter(({ kind }) => kind === 1).map(({ raw }) => raw);
  if (dialect === "lines") return concat(...texts);
  const head = new Uint8Array([0, 0, 0, 9, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
  new DataView(head.buffer).setUint32(9, texts.length);
  return concat(head, ...texts);
}

/** Whether `rest`, which follows what is certain, is right. */
export function isRightEnd(
  rest: Uint8Array,
  dialect: DialectName,
  { code, begun }: Answer,
): boolean {
  if (code === null) return rest.length <= begun.length && rest.every((it, i) => it === begun[i]);
  if (dialect === "lines") return rest.indexOf(0x0a) === rest.length - 1 && rest.length > 1;
  const head = utf8(
    `\0\0\0${String.fromCharCode(rest.length - 4)}\x05\0${String.fromCharCode(code)}`,
  );
  return rest.length > 7 && head.every((it, i) => it === rest[i]); // its reason is under 128 bytes
}
