/**
 * The frames of `echo/1`: a length, a kind, a payload (docs/protocol.md).
 *
 * @module
 */
import { commandOf, MAX_COMMAND_BYTES } from "./commands.ts";
import {
  EmptyFrame,
  TooLarge,
  Truncated,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "./errors.ts";
import type { ByteSink } from "./io.ts";
import type { Kind } from "./kind.ts";
import { type ByteReader, recvN } from "./reader.ts";

export { Kind } from "./kind.ts";

/** u32, big-endian: the bytes of the body, at least its kind. */
const LENGTH_BYTES = 4;
/** u8, the first byte of the body. */
const KIND_BYTES = 1;
/** What stands before a payload. */
const HEADER_BYTES = LENGTH_BYTES + KIND_BYTES;

/** The longest payload that is accepted unless an option says otherwise, in bytes. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What one side accepts from the other. */
export interface ReceiveLimits {
  /** The longest payload, in bytes. */
  limit: number;
  /** The longest payload that is returned whole, in bytes; of a longer one, its beginning. */
  whole: number;
  /** The highest kind: a client may send the first two, a server all. */
  highestKind: Kind;
}

/** One message as it came. All views are valid until the next read. */
export interface Message {
  /** What it is. */
  readonly kind: Kind;
  /** What it says. */
  readonly payload: Uint8Array;
  /** How many bytes of that there are. */
  readonly bytes: number;
  /** All of its bytes, header and all: its echo. */
  readonly raw: Uint8Array;
  /** How many bytes of its payload are still to be read, where it is too long to be held whole. */
  readonly missing: number;
}

/** Messages that lay ahead and were taken. */
export interface Batch {
  /** How many. */
  count: number;
  /** How many bytes of payload they have. */
  bytes: number;
}

/** No message. */
export const EMPTY_BATCH: Batch = { count: 0, bytes: 0 };

/** The body's length, checked before it costs anything. */
function bodyLength(header: Uint8Array, rules: ReceiveLimits): number {
  const length = u32(header, 0);
  if (length === 0) throw new EmptyFrame();
  if (length - KIND_BYTES > rules.limit) throw new TooLarge(length - KIND_BYTES, rules.limit);
  return length;
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

/** A frame, or the beginning of one that is too long to be held whole. */
class Frame implements Message {
  readonly #length: number;

  constructor(readonly raw: Uint8Array, length: number) {
    this.#length = length;
  }

  get kind(): Kind {
    return this.raw[LENGTH_BYTES] as Kind;
  }

  /** Made when asked for: most echoes do without. */
  get payload(): Uint8Array {
    return this.raw.subarray(HEADER_BYTES);
  }

  get bytes(): number {
    return this.raw.length - HEADER_BYTES;
  }

  get missing(): number {
    return LENGTH_BYTES + this.#length - this.raw.length;
  }
}

/**
 * Takes the messages of one kind that lie ahead, as far as they are whole and no commands; allocates
 * nothing for each. What stops it is left for `recvMsg`, also a malformed one: the messages before
 * it are served.
 */
export function sweepMsgs(reader: ByteReader, rules: ReceiveLimits, kind: Kind): Batch {
  if (reader.available === 0) return EMPTY_BATCH;
  const { buffered } = reader;
  const most = Math.min(rules.limit, rules.whole) + KIND_BYTES;
  let count = 0;
  let end = 0;
  while (end + HEADER_BYTES <= buffered.length) {
    const length = u32(buffered, end);
    const next = end + LENGTH_BYTES + length;
    if (length === 0 || length > most || next > buffered.length) break;
    if (buffered[end + LENGTH_BYTES] !== kind) break;
    const isShort = length - KIND_BYTES <= MAX_COMMAND_BYTES;
    if (isShort && commandOf(kind, buffered.subarray(end + HEADER_BYTES, next)) !== null) break;
    count++;
    end = next;
  }
  reader.discard(end);
  return { count, bytes: end - count * HEADER_BYTES };
}

/** The payloads in a stretch of whole frames, as views on it. */
export function* payloadsIn(stretch: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < stretch.length;) {
    const end = start + LENGTH_BYTES + u32(stretch, start);
    yield stretch.subarray(start + HEADER_BYTES, end);
    start = end;
  }
}

/**
 * Reads the next message, or null at a clean end between two (000: `recv_msg`). Throws
 * `EmptyFrame`, `TooLarge` and `UnknownKind` as soon as they can be known, and `TruncatedHeader`
 * or `TruncatedBody` when the stream ends too early.
 */
export async function recvMsg(reader: ByteReader, rules: ReceiveLimits): Promise<Message | null> {
  if (reader.available < LENGTH_BYTES && !await reader.fill(LENGTH_BYTES)) {
    if (reader.available === 0) return null;
    throw new TruncatedHeader(reader.available, LENGTH_BYTES);
  }
  let header = reader.buffered;
  const length = bodyLength(header, rules);
  if (reader.available < HEADER_BYTES) {
    if (!await reader.fill(HEADER_BYTES)) throw new TruncatedBody(0, length);
    header = reader.buffered;
  }
  const kind = header[LENGTH_BYTES]!;
  if (kind > rules.highestKind) throw new UnknownKind(kind);
  const size = Math.min(LENGTH_BYTES + length, HEADER_BYTES + rules.whole);
  // Most messages are here already; then waiting for them would be most of what they cost.
  const raw = reader.available >= size ? reader.take(size) : await recvFrame(reader, size, length);
  return new Frame(raw, length);
}

async function recvFrame(reader: ByteReader, size: number, length: number): Promise<Uint8Array> {
  try {
    return (await recvN(reader, size))!; // its header is there: never null
  } catch (error) {
    if (error instanceof Truncated) throw new TruncatedBody(error.got - LENGTH_BYTES, length);
    throw error;
  }
}

/**
 * The bytes that are missing of a message too long to be held whole, in pieces as they come, each
 * valid until the next. Throws `TruncatedBody` when the stream ends before the last.
 */
export async function* remainingChunks(
  reader: ByteReader,
  { raw, missing }: Message,
): AsyncGenerator<Uint8Array, void> {
  const body = raw.length - LENGTH_BYTES;
  for (let got = 0; got < missing;) {
    if (!await reader.fill(1)) throw new TruncatedBody(body + got, body + missing);
    const piece = reader.take(Math.min(reader.available, missing - got));
    got += piece.length;
    yield piece;
  }
}

/** A frame as bytes. */
export function encodeMsg(kind: Kind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, KIND_BYTES + payload.length);
  frame[LENGTH_BYTES] = kind;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Sends one message in one write: header and body apart would be two packets (000: `send_msg`). */
export function sendMsg(sink: ByteSink, kind: Kind, payload: Uint8Array): Promise<void> {
  return sink.write(encodeMsg(kind, payload));
}
