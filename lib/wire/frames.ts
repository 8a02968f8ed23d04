/**
 * The dialect `frames`, the protocol `echo/1`: a length, a kind, a payload (docs/protocol.md).
 *
 * @module
 */
import { equals } from "../std.ts";
import { CommandBatch, MessageBatch, PieceBatch } from "./batch.ts";
import type {
  Batch,
  Broadcast,
  ClientCodec,
  ClientCodecIo,
  Codec,
  CodecIo,
  Expectation,
  Farewell,
  PayloadVisitor,
  Reply,
} from "./codec.ts";
import { type Command, commandOf, MAX_COMMAND_BYTES } from "./commands.ts";
import type { Dialect } from "./dialect.ts";
import {
  EmptyFrame,
  IncompleteHistory,
  TooLarge,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
} from "./errors.ts";
import { Kind } from "./kind.ts";
import { decodeBroadcast, decodeCount, decodeError, encodeError } from "./payloads.ts";
import type { ByteReader } from "./reader.ts";

/** u32, big-endian: the bytes of the body, at least its kind. */
const LENGTH_BYTES = 4;
/** u8, the first byte of the body. */
const KIND_BYTES = 1;
/** The bytes before a payload. */
const HEADER_BYTES = LENGTH_BYTES + KIND_BYTES;

/** Messages of any length and content, history, broadcast with senders. */
export const frames = {
  name: "frames",
  alpn: "echo/1",
  open: (io: CodecIo): Codec => new FramesCodec(io),
  openClient: (io: ClientCodecIo): ClientCodec => new FramesClientCodec(io),
} satisfies Dialect;

/** A frame as bytes. */
export function encodeMsg(kind: Kind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, KIND_BYTES + payload.length);
  frame[LENGTH_BYTES] = kind;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

/** What both ends do: checks a header before its body costs anything. */
abstract class FrameDecoder {
  needs = LENGTH_BYTES;
  protected readonly reader: ByteReader;
  readonly #maxMessage: number;
  readonly #highestKind: Kind;

  constructor(reader: ByteReader, maxMessage: number, highestKind: Kind) {
    this.reader = reader;
    this.#maxMessage = maxMessage;
    this.#highestKind = highestKind;
  }

  /** The length of the next body; 0 while its length or its kind has to come. */
  protected bodyLength(buffered: Uint8Array): number {
    this.needs = LENGTH_BYTES;
    if (buffered.length < LENGTH_BYTES) return 0;
    const length = u32(buffered, 0);
    if (length === 0) throw new EmptyFrame();
    const size = length - KIND_BYTES;
    if (size > this.#maxMessage) throw new TooLarge(size, this.#maxMessage);
    this.needs = HEADER_BYTES;
    if (buffered.length < HEADER_BYTES) return 0;
    const kind = buffered[LENGTH_BYTES]!;
    if (kind > this.#highestKind) throw new UnknownKind(kind);
    return length;
  }

  /** Throws where the stream has ended inside a frame. */
  end(): void {
    const { buffered } = this.reader;
    if (buffered.length === 0) return;
    if (buffered.length < LENGTH_BYTES) throw new TruncatedHeader(buffered.length, LENGTH_BYTES);
    throw new TruncatedBody(buffered.length - LENGTH_BYTES, u32(buffered, 0));
  }

  encode(kind: Kind, payload: Uint8Array): Uint8Array {
    return encodeMsg(kind, payload);
  }
}

/** The server's end. */
class FramesCodec extends FrameDecoder implements Codec {
  readonly hasCommands = true;
  readonly canInterrupt = false;
  /** The longest body that is held whole, its kind included. */
  readonly #maxHeldBody: number;
  /** Of a message in pieces: its kind, the bytes of its body, and those still to come. */
  #kind: Kind = Kind.bytes;
  #body = 0;
  #rest = 0;

  constructor({ reader, limits: { maxMessage, maxHeld } }: CodecIo) {
    super(reader, maxMessage, Kind.text);
    // A command must be seen whole to be known.
    this.#maxHeldBody = Math.min(maxMessage, Math.max(maxHeld, MAX_COMMAND_BYTES)) + KIND_BYTES;
  }

  take(): Batch | null {
    const { reader } = this;
    if (reader.available === 0) {
      this.needs = this.#rest > 0 ? 1 : LENGTH_BYTES;
      return null;
    }
    if (this.#rest > 0) return this.#takePiece(0);
    const { buffered } = reader;
    const kind = buffered[LENGTH_BYTES] as Kind;
    let count = 0;
    let end = 0;
    while (end + HEADER_BYTES <= buffered.length) {
      const length = u32(buffered, end);
      const next = end + LENGTH_BYTES + length;
      if (length === 0 || length > this.#maxHeldBody || next > buffered.length) break;
      if (buffered[end + LENGTH_BYTES] !== kind || kind > Kind.text) break;
      if (commandIn(buffered, kind, end, next) !== null) break;
      count++;
      end = next;
    }
    if (count === 0) return this.#takeOther(buffered);
    const bytes = end - count * HEADER_BYTES;
    reader.discard(end);
    const echo = end === buffered.length ? buffered : buffered.subarray(0, end);
    return new MessageBatch(kind, count, bytes, echo, visitPayloads);
  }

  /** What no run of held messages begins with: a command, a long message, or what is not whole. */
  #takeOther(buffered: Uint8Array): Batch | null {
    const length = this.bodyLength(buffered);
    if (length === 0) return null;
    const size = LENGTH_BYTES + length;
    this.needs = LENGTH_BYTES + Math.min(length, this.#maxHeldBody);
    if (buffered.length < this.needs) return null;
    this.#kind = buffered[LENGTH_BYTES] as Kind;
    if (length > this.#maxHeldBody) {
      this.#body = length;
      this.#rest = size;
      return this.#takePiece(HEADER_BYTES);
    }
    this.reader.discard(size);
    return new CommandBatch(commandIn(buffered, this.#kind, 0, size)!);
  }

  /** As much of a message in pieces as has come; `header` bytes of it are no payload. */
  #takePiece(header: number): Batch {
    const piece = this.reader.take(Math.min(this.reader.available, this.#rest));
    this.#rest -= piece.length;
    return new PieceBatch(this.#kind, piece, header, this.#rest > 0);
  }

  override end(): void {
    if (this.#rest > 0) throw new TruncatedBody(this.#body - this.#rest, this.#body);
    super.end();
  }

  greeting(text: string): Uint8Array {
    return encodeMsg(Kind.notice, new TextEncoder().encode(text));
  }

  broadcast({ payload }: Broadcast): Uint8Array {
    return encodeMsg(Kind.broadcast, payload);
  }

  farewell({ code, text }: Farewell): Uint8Array | null {
    return code === null ? null : encodeMsg(Kind.error, encodeError(code, text));
  }
}

/** The command in the frame from `start` to `end`, or null. */
function commandIn(bytes: Uint8Array, kind: Kind, start: number, end: number): Command | null {
  if (kind !== Kind.text || end - start > HEADER_BYTES + MAX_COMMAND_BYTES) return null;
  return commandOf(kind, bytes.subarray(start + HEADER_BYTES, end));
}

/** Visits the payloads in a stretch of whole frames. */
function visitPayloads(stretch: Uint8Array, visit: PayloadVisitor): void {
  for (let start = 0; start < stretch.length;) {
    const end = start + LENGTH_BYTES + u32(stretch, start);
    visit(stretch, start + HEADER_BYTES, end);
    start = end;
  }
}

/** The client's end. */
class FramesClientCodec extends FrameDecoder implements ClientCodec {
  readonly hasCommands = true;
  readonly multiline = true;
  readonly matchesByContent = false;
  /** Of a history: how many messages it has, and how many are still to come. */
  #history = { count: 0, rest: 0 };

  readonly #expected: Expectation;

  constructor({ reader, maxMessage, expected }: ClientCodecIo) {
    super(reader, maxMessage, Kind.error);
    this.#expected = expected;
  }

  take(): Reply | null {
    const { buffered } = this.reader;
    const length = this.bodyLength(buffered);
    if (length === 0) return null;
    this.needs = LENGTH_BYTES + length;
    if (buffered.length < this.needs) return null;
    this.reader.discard(this.needs);
    return this.#reply(buffered[LENGTH_BYTES] as Kind, buffered.subarray(HEADER_BYTES, this.needs));
  }

  #reply(kind: Kind, payload: Uint8Array): Reply {
    switch (kind) {
      case Kind.bytes:
      case Kind.text:
        if (this.#history.rest === 0) return this.#echo(kind, payload);
        this.#history.rest--;
        return { type: "history-message", payload };
      case Kind.broadcast: {
        const { sender, message } = decodeBroadcast(payload);
        return { type: "broadcast", sender, payload: message };
      }
      case Kind.history: {
        const count = decodeCount(payload);
        this.#history = { count, rest: count };
        return { type: "history", count };
      }
      case Kind.notice:
        return { type: "notice", text: payload };
      case Kind.error:
        return { type: "error", reason: decodeError(payload).reason };
    }
  }

  /** Only the same bytes of the same kind are an echo. A client sends texts. */
  #echo(kind: Kind, payload: Uint8Array): Reply {
    const wanted = this.#expected.echo() ?? null;
    if (wanted === null) return { type: "stray", bytes: payload, wanted };
    if (kind === Kind.text && equals(wanted, payload)) return { type: "echo", payload };
    return { type: "stray", bytes: payload, wanted };
  }

  echoForm(payload: Uint8Array): Uint8Array {
    return payload;
  }

  farewell(): null {
    return null;
  }

  override end(): void {
    super.end();
    const { count, rest } = this.#history;
    if (rest > 0) throw new IncompleteHistory(count - rest, count);
  }
}
