/**
 * The frames of `echo/1`: a length, a kind, a payload (docs/protocol.md).
 *
 * @module
 */
import {
  EmptyFrame,
  TooLarge,
  Truncated,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "./errors.ts";
import type { ByteSink } from "./io.ts";
import { type ByteReader, recvN } from "./reader.ts";

/** u32, big-endian: the bytes of the body, at least its kind. */
const LENGTH_BYTES = 4;
/** u8, the first byte of the body. */
const KIND_BYTES = 1;
/** What stands before a payload. */
const HEADER_BYTES = LENGTH_BYTES + KIND_BYTES;

/** The longest payload that is accepted unless an option says otherwise, in bytes. */
export const MESSAGE_LIMIT = 16 * 1024 * 1024;

/** What a frame is. */
export const Kind = {
  /** Anything; echoed unchanged and never a command. */
  bytes: 0x00,
  /** UTF-8; echoed unchanged unless it is a command. */
  text: 0x01,
  /** Another client's message: u8 length of its sender, the sender, the message. */
  broadcast: 0x02,
  /** u64 count; that many frames follow as they were received, then the server closes. */
  history: 0x03,
  /** UTF-8 for people. */
  notice: 0x04,
  /** u16 code, UTF-8 reason; then the server closes. */
  error: 0x05,
} as const;

/** One of the kinds. */
export type Kind = typeof Kind[keyof typeof Kind];

/** What one side accepts from the other. */
export interface Rules {
  /** The longest payload, in bytes. */
  limit: number;
  /** The highest kind: a client may send the first two, a server all. */
  highestKind: Kind;
}

/** One message as it came. All views are valid until the next read. */
export interface Message {
  /** What it is. */
  kind: Kind;
  /** What it says. */
  payload: Uint8Array;
  /** All of its bytes, header and all: its echo. */
  raw: Uint8Array;
}

/** The body's length, checked before it costs anything. */
function bodyLength(header: Uint8Array, rules: Rules): number {
  const length = u32(header);
  if (length === 0) throw new EmptyFrame();
  if (length - KIND_BYTES > rules.limit) throw new TooLarge(length - KIND_BYTES, rules.limit);
  return length;
}

function u32(bytes: Uint8Array): number {
  return (bytes[0]! << 24 | bytes[1]! << 16 | bytes[2]! << 8 | bytes[3]!) >>> 0;
}

function message(raw: Uint8Array): Message {
  return { kind: raw[LENGTH_BYTES] as Kind, payload: raw.subarray(HEADER_BYTES), raw };
}

/**
 * The next message if all of it has been read ahead, or else null. A malformed one is null too:
 * `recvMsg` then says what is wrong with it, after the messages before it have been served.
 */
export function nextMsg(reader: ByteReader, rules: Rules): Message | null {
  const { ahead } = reader;
  if (ahead.length < HEADER_BYTES) return null;
  const length = u32(ahead);
  if (length === 0 || length - KIND_BYTES > rules.limit) return null;
  if (ahead.length < LENGTH_BYTES + length || ahead[LENGTH_BYTES]! > rules.highestKind) return null;
  return message(reader.take(LENGTH_BYTES + length));
}

/**
 * Reads the next message, or null at a clean end between two (000: `recv_msg`). Throws
 * `EmptyFrame`, `TooLarge` and `UnknownKind` as soon as they can be known, and `TruncatedHeader`
 * or `TruncatedBody` when the stream ends too early.
 */
export async function recvMsg(reader: ByteReader, rules: Rules): Promise<Message | null> {
  if (!await reader.fill(LENGTH_BYTES)) {
    if (reader.available === 0) return null;
    throw new TruncatedHeader(reader.available, LENGTH_BYTES);
  }
  const length = bodyLength(reader.ahead, rules);
  if (!await reader.fill(HEADER_BYTES)) throw new TruncatedBody(0, length);
  const kind = reader.ahead[LENGTH_BYTES]!;
  if (kind > rules.highestKind) throw new UnknownKind(kind);
  try {
    return message((await recvN(reader, LENGTH_BYTES + length))!); // its header is there: never null
  } catch (error) {
    if (error instanceof Truncated) throw new TruncatedBody(error.got - LENGTH_BYTES, length);
    throw error;
  }
}

/** The bytes from the first message to the last of those that one read brought. */
export function stretch(first: Message, last: Message): Uint8Array {
  const { buffer, byteOffset } = first.raw;
  return new Uint8Array(buffer, byteOffset, last.raw.byteOffset + last.raw.length - byteOffset);
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
