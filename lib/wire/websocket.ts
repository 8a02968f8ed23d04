/**
 * The dialect `websocket` (RFC 6455): each text or binary frame is a message. There are no commands,
 * and compression (permessage-deflate) is declined.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { concat } from "../std.ts";
import { END_BATCH, MessageBatch, PieceBatch } from "./batch.ts";
import type {
  Batch,
  Broadcast,
  ClientCodec,
  ClientCodecIo,
  Codec,
  CodecIo,
  Farewell,
  PayloadVisitor,
} from "./codec.ts";
import type { Dialect } from "./dialect.ts";
import { InvalidUtf8, NoCloseFrame, ProtocolError, TooLarge, Truncated } from "./errors.ts";
import { Kind } from "./kind.ts";
import { decodeBroadcast, ErrorCode } from "./payloads.ts";
import type { ByteReader } from "./reader.ts";
import { WebSocketClientCodec } from "./websocket_client.ts";
import { encodeClose, isCloseCode } from "./websocket_close.ts";
import { encodeFrame, FIN, FrameHeader, Opcode, Unmasker } from "./websocket_frames.ts";

/** For browsers. It begins after an HTTP request that asks for it. */
export const websocket = {
  name: "websocket",
  alpn: "http/1.1",
  open: (io: CodecIo): Codec => new WebSocketCodec(io),
  openClient: (io: ClientCodecIo): ClientCodec => new WebSocketClientCodec(io),
} satisfies Dialect;

/** The code of a Close frame for each of ours (7.4.1). */
const CLOSE_CODES: Record<ErrorCode, number> = {
  [ErrorCode.badFrame]: 1002,
  [ErrorCode.tooLarge]: 1009,
  [ErrorCode.overLimit]: 1013,
  [ErrorCode.idle]: 1001,
};
const GOING_AWAY = 1001, INVALID_UTF8 = 1007;

/** A message whose end has not come. */
interface OpenMessage {
  kind: Kind;
  /** The bytes of payload so far, or announced. */
  bytes: number;
  /** Checks a text across its fragments; null for bytes. */
  utf8: Utf8Checker | null;
}

/** The server's end. */
class WebSocketCodec implements Codec {
  readonly hasCommands = false;
  needs = 2;
  readonly #reader: ByteReader;
  readonly #maxMessage: number;
  readonly #maxHeld: number;
  readonly #header = new FrameHeader(true);
  readonly #unmasker = new Unmasker();
  #message: OpenMessage | null = null;
  /** Of a frame that is echoed in pieces: the bytes still to come, and whether it is the last one. */
  #rest = 0;
  #isLastFrame = false;
  /** Found in a frame that is unmasked already, behind good ones. */
  #error: Error | null = null;
  /** The payload of the client's Close frame; null while none came. */
  #close: Uint8Array | null = null;
  #isUtf8 = true;

  constructor({ reader, limits: { maxMessage, maxHeld } }: CodecIo) {
    this.#reader = reader;
    this.#maxMessage = maxMessage;
    this.#maxHeld = Math.min(maxMessage, maxHeld);
  }

  get canInterrupt(): boolean {
    return this.#rest === 0;
  }

  take(): Batch | null {
    for (;;) {
      const batch = this.#takeNext();
      this.#unmasker.forget();
      if (batch !== undefined) return batch;
    }
  }

  /** The next batch; undefined: only a pong came, null: more has to come. */
  #takeNext(): Batch | null | undefined {
    if (this.#error !== null) throw this.#error;
    if (this.#close !== null) return null; // nothing is read after it (5.5.1)
    if (this.#rest > 0) return this.#takeRest();
    const batch = this.#message === null ? this.#takeWhole() : null;
    if (batch === null && this.#error !== null) throw this.#error;
    return batch ?? this.#takeFrame();
  }

  /** A run of whole messages of one kind, and of pings, which become pongs. */
  #takeWhole(): Batch | null {
    const { buffered } = this.#reader;
    const header = this.#header;
    let count = 0, bytes = 0, start = 0, end = 0, kind: number | null = null;
    while (this.#readHeader(buffered, start)) {
      const { opcode, size, length } = header;
      const next = start + size + length;
      if (next > buffered.length || length > this.#maxHeld || !header.isFinal) break;
      if (opcode === Opcode.pong) {
        start = next;
        continue;
      }
      const isPing = opcode === Opcode.ping;
      if (!isPing && (opcode === Opcode.close || opcode === Opcode.continuation)) break;
      if (!isPing && (kind ??= opcode) !== opcode) break;
      const stop = this.#echoInPlace(buffered, start, end);
      start = next;
      if (this.#error !== null) break;
      end = stop;
      if (isPing) continue;
      count++;
      bytes += length;
    }
    this.#reader.discard(start);
    if (end === 0) return null;
    const echo = buffered.subarray(0, end);
    return new MessageBatch(kindOf(kind ?? Opcode.binary), count, bytes, echo, visitFrames);
  }

  /** As `FrameHeader.read`; an error is kept, since frames before it are unmasked already. */
  #readHeader(buffered: Uint8Array, start: number): boolean {
    try {
      return this.#header.read(buffered, start);
    } catch (error) {
      this.#error = error as ProtocolError;
      return false;
    }
  }

  /** Makes the echo of the whole frame at `start`, or a pong, at `end`; returns where that ends. */
  #echoInPlace(buffered: Uint8Array, start: number, end: number): number {
    const { opcode, size, length, maskAt } = this.#header;
    const target = end + this.#copyHeader(buffered, start, end);
    const range = { maskAt, source: start + size, target, length };
    const isAscii = !this.#unmasker.apply(buffered, range);
    const stop = target + length;
    if (opcode === Opcode.text && !isAscii && !isUtf8(buffered.subarray(target, stop))) {
      this.#error = this.#invalidUtf8();
    }
    return stop;
  }

  /** The header without its mask, and of a ping as that of a pong. Returns its size. */
  #copyHeader(buffered: Uint8Array, start: number, end: number): number {
    const { opcode, plainSize, isFinal } = this.#header;
    // The mask behind it is read later. The copy ends before it, since `end` is not after `start`.
    const first = (isFinal ? FIN : 0) | (opcode === Opcode.ping ? Opcode.pong : opcode);
    const second = buffered[start + 1]! & 0x7f;
    for (let i = 2; i < plainSize; i++) buffered[end + i] = buffered[start + i]!;
    buffered[end] = first;
    buffered[end + 1] = second;
    return plainSize;
  }

  /** What no run begins with: a fragment, a long frame, a Close, or what is not whole. */
  #takeFrame(): Batch | null | undefined {
    const { buffered } = this.#reader;
    const header = this.#header;
    const isKnown = header.read(buffered, 0);
    this.needs = header.size;
    if (!isKnown) return null;
    if (header.isControl) return this.#takeControl(buffered);
    const message = this.#messageOf(header);
    const isHeld = header.length <= this.#maxHeld;
    this.needs = header.size + (isHeld ? header.length : 1);
    if (buffered.length < this.needs) return null;
    const resumes = this.#message !== null;
    message.bytes += header.length;
    this.#message = message;
    this.#isLastFrame = header.isFinal;
    this.#rest = header.length;
    const { size, maskAt } = header;
    const target = this.#copyHeader(buffered, 0, 0);
    const length = Math.min(this.#rest, buffered.length - size);
    const isAscii = !this.#unmasker.apply(buffered, { maskAt, source: size, target, length });
    this.#reader.discard(size + length);
    return this.#piece(buffered.subarray(0, target + length), target, isAscii, resumes);
  }

  /** More of a frame that is longer than what is held. */
  #takeRest(): Batch | null {
    this.needs = 1;
    const { buffered } = this.#reader;
    const length = Math.min(this.#rest, buffered.length);
    if (length === 0) return null;
    const isAscii = !this.#unmasker.continue(buffered, 0, 0, length);
    this.#reader.discard(length);
    return this.#piece(buffered.subarray(0, length), 0, isAscii, true);
  }

  #piece(echo: Uint8Array, header: number, isAscii: boolean, resumes: boolean): Batch {
    const message = this.#message!;
    this.#rest -= echo.length - header;
    const isComplete = this.#rest === 0 && this.#isLastFrame;
    if (message.utf8?.check(echo.subarray(header), isAscii, isComplete) === false) {
      throw this.#invalidUtf8();
    }
    if (isComplete) this.#message = null;
    return new PieceBatch(message.kind, echo, header, !isComplete, resumes);
  }

  /** The message that a data frame begins or goes on with. */
  #messageOf({ opcode, length }: FrameHeader): OpenMessage {
    if ((opcode === Opcode.continuation) !== (this.#message !== null)) {
      throw new ProtocolError(
        this.#message === null ? "no message to continue" : "a message begins inside another",
      );
    }
    const kind = kindOf(opcode);
    const message = this.#message ??
      { kind, bytes: 0, utf8: kind === Kind.text ? new Utf8Checker() : null };
    const size = message.bytes + length;
    if (size > this.#maxMessage) throw new TooLarge(size, this.#maxMessage);
    return message;
  }

  /** A Close, or inside a message a ping or a pong. */
  #takeControl(buffered: Uint8Array): Batch | null | undefined {
    const { opcode, size, length, maskAt } = this.#header;
    this.needs = size + length;
    if (buffered.length < this.needs) return null;
    const range = { maskAt, source: size, target: size, length };
    this.#unmasker.apply(buffered, range);
    const payload = buffered.slice(size, size + length);
    this.#reader.discard(size + length);
    if (opcode === Opcode.close) return this.#takeClose(payload);
    if (opcode === Opcode.pong) return undefined;
    const pong = encodeFrame(Opcode.pong, payload);
    if (this.#message !== null) {
      return new PieceBatch(this.#message.kind, pong, pong.length, true, true);
    }
    return new MessageBatch(Kind.bytes, 0, 0, pong, visitFrames);
  }

  /** RFC 6455, 5.5.1 and 7.4: a code and a reason, or nothing. */
  #takeClose(payload: Uint8Array): Batch {
    const { length } = payload;
    if (length === 1 || length > 1 && !isCloseCode(payload[0]! << 8 | payload[1]!)) {
      throw new ProtocolError("a Close frame has no code that may be sent");
    }
    if (!isUtf8(payload.subarray(2))) throw this.#invalidUtf8();
    this.#close = payload.slice(0, 2);
    return END_BATCH;
  }

  end(): void {
    if (this.#close !== null) return;
    const { available } = this.#reader;
    if (this.#rest > 0) throw new Truncated(available, this.#rest, "a frame");
    if (available > 0) throw new Truncated(available, this.needs, "a frame");
    if (this.#message !== null) throw new Truncated(0, 1, "a message's next fragment");
    throw new NoCloseFrame();
  }

  encode(kind: Kind, payload: Uint8Array): Uint8Array | null {
    return kind === Kind.notice ? encodeFrame(Opcode.text, payload) : null;
  }

  greeting(text: string): Uint8Array {
    return encodeFrame(Opcode.text, new TextEncoder().encode(text));
  }

  /** A text is `sender: message`; bytes come as they are. */
  broadcast({ kind, payload }: Broadcast): Uint8Array {
    const { sender, message } = decodeBroadcast(payload);
    if (kind !== Kind.text || !isUtf8(message)) return encodeFrame(Opcode.binary, message);
    return encodeFrame(Opcode.text, concat([sender, COLON, message]));
  }

  /** The answer to the client's Close frame, or the first one. */
  farewell({ code, text }: Farewell): Uint8Array {
    if (this.#close !== null) return encodeFrame(Opcode.close, this.#close);
    if (!this.#isUtf8) return encodeClose(INVALID_UTF8, text);
    return encodeClose(code === null ? GOING_AWAY : CLOSE_CODES[code], text);
  }

  #invalidUtf8(): InvalidUtf8 {
    this.#isUtf8 = false;
    return new InvalidUtf8();
  }
}

const COLON = new TextEncoder().encode(": ");

function kindOf(opcode: number): Kind {
  return opcode === Opcode.text ? Kind.text : Kind.bytes;
}

/** Visits the payloads in a stretch of whole frames of a server; pongs have none. */
function visitFrames(stretch: Uint8Array, visit: PayloadVisitor): void {
  const header = new FrameHeader(false);
  for (let start = 0; start < stretch.length;) {
    header.read(stretch, start);
    const payload = start + header.size;
    start = payload + header.length;
    if (!header.isControl) visit(stretch, payload, start);
  }
}

/** Checks a text that comes in pieces, also characters that are cut between them. */
class Utf8Checker {
  #decoder: TextDecoder | null = null;

  /** Whether the text is still UTF-8 with `piece`; at its end, whether all of it is. */
  check(piece: Uint8Array, isAscii: boolean, isEnd: boolean): boolean {
    if (isAscii && this.#decoder === null) return true;
    this.#decoder ??= new TextDecoder("utf-8", { fatal: true });
    try {
      this.#decoder.decode(piece, { stream: !isEnd });
      return true;
    } catch {
      return false;
    }
  }
}
