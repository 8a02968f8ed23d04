/**
 * Lines of text as bytes, with a bound: standard input, answers at a prompt, and two dialects.
 *
 * @module
 */
import type { PayloadVisitor } from "./codec.ts";
import { concat } from "../std.ts";
import type { Decoder } from "./codec.ts";
import { TooLarge } from "./errors.ts";
import { recvMsg } from "./message.ts";
import { decodeBroadcast } from "./payloads.ts";
import type { ByteReader } from "./reader.ts";

/** The end of a line. */
export const LF = 0x0a;
const CR = 0x0d;

/** Takes one line at a time, with its end: LF, or CR LF. The last line of a stream needs no end. */
export class LineDecoder implements Decoder<Uint8Array> {
  /** One byte more than was searched. */
  needs = 1;
  /** How many of the buffered bytes are known to have no end of a line. */
  searched = 0;
  readonly #reader: ByteReader;
  readonly #maxBytes: number;
  #ended = false;

  /** A line has at most `maxBytes` before its end. */
  constructor(reader: ByteReader, maxBytes: number) {
    this.#reader = reader;
    this.#maxBytes = maxBytes;
  }

  /** The next line; null while its end has to come. Throws `TooLarge` as soon as it is too long. */
  take(): Uint8Array | null {
    const { buffered } = this.#reader;
    const end = buffered.indexOf(LF, this.searched);
    const length = end >= 0 ? end : buffered.length;
    const text = length - Number(buffered[length - 1] === CR); // it may be a part of the end
    if (text > this.#maxBytes) throw new TooLarge(text, this.#maxBytes);
    this.searched = 0;
    if (end >= 0) return this.#reader.take(end + 1);
    if (this.#ended && length > 0) return this.#reader.take(length);
    this.searched = length;
    this.needs = length + 1;
    return null;
  }

  /** What is left is the last line. */
  end(): void {
    this.#ended = true;
  }
}

/**
 * Reads the next line, without its end, or null at the end of the stream. Throws `TooLarge` as soon
 * as more than `maxBytes` came without an end.
 */
export async function recvLine(reader: ByteReader, maxBytes: number): Promise<Uint8Array | null> {
  const line = await recvMsg(reader, new LineDecoder(reader, maxBytes));
  return line && withoutLineEnd(line);
}

/** Reads past the end of the line, or to the end of the stream: what follows a `TooLarge`. */
export async function skipLine(reader: ByteReader): Promise<void> {
  do {
    const end = reader.buffered.indexOf(LF);
    reader.discard(end >= 0 ? end + 1 : reader.available);
    if (end >= 0) return;
  } while (await reader.fill(1));
}

/** Visits the texts of the lines in a stretch. */
export function visitLines(stretch: Uint8Array, visit: PayloadVisitor): void {
  for (let start = 0; start < stretch.length;) {
    const end = stretch.indexOf(LF, start) + 1 || stretch.length;
    visit(stretch, start, textEnd(stretch, start, end));
    start = end;
  }
}

/** A text as a line. It ends in LF: with an LF inside it would be two. */
export function encodeLine(text: Uint8Array): Uint8Array {
  const line = new Uint8Array(text.length + 1);
  line.set(text);
  line[text.length] = LF;
  return line;
}

/** A line without its end. */
export function withoutLineEnd(line: Uint8Array): Uint8Array {
  return line.subarray(0, textEnd(line, 0, line.length));
}

/** Where the text of a line ends. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end > start && bytes[end - 1] === LF) end--;
  if (end > start && bytes[end - 1] === CR) end--;
  return end;
}

const COLON = new TextEncoder().encode(": ");
const CONTINUED = new TextEncoder().encode("\n ");

/**
 * A `broadcast` payload as a line: `sender: message`. A message of a raw client often ends in a line
 * end, which is left out. Further lines begin with a space, so that no client can fake a sender.
 */
export function broadcastLine(payload: Uint8Array): Uint8Array {
  const { sender, message } = decodeBroadcast(payload);
  const parts = [sender, COLON];
  visitLines(message, (bytes, start, end) => {
    if (parts.length > 2) parts.push(CONTINUED);
    parts.push(bytes.subarray(start, end));
  });
  return encodeLine(concat(parts));
}
