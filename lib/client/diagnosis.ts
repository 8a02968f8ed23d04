/**
 * The mistake behind a wrong echo, in the words of a learner.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { concat, equals } from "../std.ts";
import { excerpt } from "../text/excerpt.ts";
import { LF, withoutLineEnd } from "../wire/line.ts";

const utf8 = new TextDecoder();

/** U+FFFD, which stands for bytes that are no UTF-8. */
const REPLACEMENT = new TextEncoder().encode("\ufffd");

/** How many bytes of a message a sentence shows. */
const QUOTED_BYTES = 40;

/** Bytes that came instead of the echo that is due, or without one. */
export interface WrongEcho {
  /** They, and what came soon after them. */
  received: Uint8Array;
  /** The echo that is due, in the same form; null where none is. */
  wanted: Uint8Array | null;
  /** The echoes that came before, in the same form, newest first: at most a few. */
  earlier: Uint8Array[];
}

/** The mistake that explains a wrong echo, as in `it ...`; null where none is known. */
export function diagnose({ received, wanted, earlier }: WrongEcho): string | null {
  const [previous] = earlier;
  if (received[0] === 0) {
    return "pads with NUL bytes: it sends its whole buffer, not only what came";
  }
  if (previous !== undefined && startsWith(received, previous)) return "sends a message back twice";
  if (isPartOf(received, earlier)) {
    return "sends a part of an older message again: it sends its whole buffer, not only what came";
  }
  return wanted === null ? null : changeOf(received, wanted);
}

/** What was done to a message. */
function changeOf(received: Uint8Array, wanted: Uint8Array): string | null {
  const beginning = received.subarray(0, wanted.length);
  if (equals(beginning, wanted)) return null; // of another kind
  const [text, other] = [utf8.decode(wanted), utf8.decode(beginning)];
  if (other.toLowerCase() === text.toLowerCase()) {
    return `changes letters to ${other === other.toLowerCase() ? "lower" : "upper"} case`;
  }
  if (equals(beginning, wanted.toReversed())) return "sends the bytes in reverse order";
  const start = indexOf(received, wanted);
  if (start > 0) return `puts ${quoted(received.subarray(0, start))} before the message`;
  if (indexOf(received, withoutLineEnd(wanted)) > 0) return "puts other text around the message";
  if (indexOf(received, REPLACEMENT) >= 0 && indexOf(wanted, REPLACEMENT) < 0) {
    return "decodes the bytes as text, and loses those that are no UTF-8";
  }
  return endChangeOf(received, wanted) ?? byteChangeOf(received, wanted);
}

/** Bytes that are missing, or are other ones: what a network does, more often than a program. */
function byteChangeOf(received: Uint8Array, wanted: Uint8Array): string | null {
  const start = commonLength(received, wanted);
  const end = commonLength(received.toReversed(), wanted.toReversed());
  const missing = wanted.length - received.length;
  if (missing > 0 && start < received.length && start + end >= received.length) {
    return `leaves out ${missing} ${missing === 1 ? "byte" : "bytes"} in the middle of a message`;
  }
  if (missing !== 0 || start + end !== wanted.length - 1) return null;
  const bits = (received[start]! ^ wanted[start]!).toString(2).replaceAll("0", "").length;
  return `changes ${bits === 1 ? "a bit" : "a byte"} of a message`;
}

const CR = 0x0d;

/** What was done to the end of a message. */
function endChangeOf(received: Uint8Array, wanted: Uint8Array): string | null {
  if (wanted.at(-1) !== LF) return null;
  const message = withoutLineEnd(wanted);
  if (!startsWith(received, message)) return null;
  const rest = received.subarray(message.length);
  if (rest[0] === CR && rest[1] === LF) return "changes the line end to CR LF";
  const end = rest.indexOf(LF);
  return end > 0 && end === rest.length - 1
    ? `puts ${quoted(rest.subarray(0, end))} after the message`
    : "leaves out the line end";
}

/** Fewer bytes may be the same by chance. */
const MIN_REPEATED_BYTES = 3;

/** Whether `received` begins with bytes that came before. */
function isPartOf(received: Uint8Array, earlier: Uint8Array[]): boolean {
  const beginning = received.subarray(0, QUOTED_BYTES);
  if (beginning.length < MIN_REPEATED_BYTES) return false;
  return indexOf(concat(earlier.toReversed()), beginning) >= 0;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.length > 0 && equals(bytes.subarray(0, start.length), start);
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(part);
}

/** The beginning of some bytes for a sentence: `"hello..."`, or `0xfffe...` for what is no text. */
export function quoted(bytes: Uint8Array): string {
  const shown = excerpt(bytes, bytes.length, QUOTED_BYTES);
  const more = shown.bytes.length < bytes.length ? "..." : "";
  if (!shown.isText) return `0x${shown.bytes.toHex()}${more}`;
  return `"${utf8.decode(shown.bytes)}${more}"`;
}

/** In how many bytes two pieces of bytes are the same from their beginning. */
export function commonLength(one: Uint8Array, other: Uint8Array): number {
  const shorter = Math.min(one.length, other.length);
  for (let i = 0; i < shorter; i++) if (one[i] !== other[i]) return i;
  return shorter;
}
