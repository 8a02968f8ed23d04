/**
 * The client's end of the dialect `websocket`.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { equals } from "../std.ts";
import type { ClientCodec, ClientCodecIo, Expectation, Reply } from "./codec.ts";
import { NoCloseFrame, ProtocolError, TooLarge, Truncated } from "./errors.ts";
import { GrowingBuffer } from "./growing_buffer.ts";
import type { Kind } from "./kind.ts";
import type { ByteReader } from "./reader.ts";
import { closePayload } from "./websocket_close.ts";
import { encodeFrame, FrameHeader, Opcode } from "./websocket_frames.ts";

const NORMAL_CLOSURE = 1000;
const MASK_BYTES = 4;

/** Stands for the name of a sender, which is a part of the text or not sent. */
const ANOTHER_CLIENT = new TextEncoder().encode("another client");

/** How many frames in a row may bring nothing: pongs, and fragments without the end. */
const MAX_IDLE_FRAMES = 100_000;

/** Messages may come in fragments, and control frames between them. */
export class WebSocketClientCodec implements ClientCodec {
  readonly hasCommands = false;
  readonly multiline = true;
  readonly matchesByContent = true;
  needs = 2;
  readonly #reader: ByteReader;
  readonly #expected: Expectation;
  readonly #maxMessage: number;
  readonly #header = new FrameHeader(false);
  /** The fragments of the message whose end has not come; null where there is none. */
  #fragments: GrowingBuffer | null = null;
  #opcode: number = Opcode.continuation;
  #isClosed = false;
  /** How many frames have brought nothing since the last reply. */
  #idleFrames = 0;

  /** Receives messages up to the limit. */
  constructor({ reader, expected, maxMessage }: ClientCodecIo) {
    this.#reader = reader;
    this.#expected = expected;
    this.#maxMessage = maxMessage;
  }

  /** As in `Decoder`. */
  take(): Reply | null {
    for (;;) {
      const reply = this.#takeFrame();
      if (reply === undefined && this.#idleFrames <= MAX_IDLE_FRAMES) continue;
      if (reply === undefined) throw new ProtocolError("nothing but empty frames come");
      if (reply !== null) this.#idleFrames = 0;
      return reply;
    }
  }

  /** The reply that the next frame completes; undefined: none yet, null: more has to come. */
  #takeFrame(): Reply | null | undefined {
    if (this.#isClosed) return null;
    const { buffered } = this.#reader;
    const header = this.#header;
    const isKnown = header.read(buffered, 0);
    this.needs = header.size;
    if (!isKnown) return null;
    const size = (this.#fragments?.length ?? 0) + header.length;
    if (size > this.#maxMessage) throw new TooLarge(size, this.#maxMessage);
    this.needs = header.size + header.length;
    if (buffered.length < this.needs) return null;
    const payload = this.#reader.take(this.needs).subarray(header.size);
    return header.isControl ? this.#onControl(payload) : this.#onData(payload);
  }

  #onControl(payload: Uint8Array): Reply | null | undefined {
    switch (this.#header.opcode) {
      case Opcode.ping:
        return { type: "control", answer: encodeFrame(Opcode.pong, payload, newMask()) };
      case Opcode.close: {
        this.#isClosed = true;
        const [high = 0, low = 0] = payload;
        const code = payload.length < 2 ? NORMAL_CLOSURE : high << 8 | low;
        if (code === NORMAL_CLOSURE) return null;
        const reason = new TextDecoder().decode(payload.subarray(2));
        const text = `it closed with code ${code}${reason === "" ? "" : `: ${reason}`}`;
        return { type: "error", reason: new TextEncoder().encode(text) };
      }
      default:
        this.#idleFrames++;
        return undefined;
    }
  }

  #onData(payload: Uint8Array): Reply | undefined {
    const { opcode, isFinal } = this.#header;
    const begins = this.#fragments === null;
    if ((opcode === Opcode.continuation) === begins) {
      throw new ProtocolError("a fragment is out of its order");
    }
    if (begins) this.#opcode = opcode;
    if (begins && isFinal) return this.#reply(payload);
    const fragments = this.#fragments ??= new GrowingBuffer();
    fragments.append(payload);
    this.#idleFrames = payload.length === 0 ? this.#idleFrames + 1 : 0;
    if (!isFinal) return undefined;
    this.#fragments = null;
    return this.#reply(fragments.bytes);
  }

  #reply(payload: Uint8Array): Reply {
    const isText = this.#opcode === Opcode.text;
    if (isText && !isUtf8(payload)) throw new ProtocolError("a text is not UTF-8");
    const due = this.#expected.echo();
    if (due !== undefined && equals(due, payload)) {
      if (isText === isUtf8(due)) return { type: "echo", payload };
    }
    if (this.#expected.othersMaySpeak) {
      return this.#expected.isFirst()
        ? { type: "notice", text: payload }
        : { type: "broadcast", sender: ANOTHER_CLIENT, payload };
    }
    if (due === undefined || this.#expected.isFirst()) return { type: "notice", text: payload };
    return { type: "stray", bytes: payload, wanted: due };
  }

  /** As in `Decoder`. */
  end(): void {
    if (this.#isClosed) return;
    const { available } = this.#reader;
    if (available > 0) throw new Truncated(available, this.needs, "a frame");
    throw new NoCloseFrame();
  }

  /** Texts that are UTF-8 as such, anything else as bytes. */
  encode(_kind: Kind, payload: Uint8Array): Uint8Array {
    const opcode = isUtf8(payload) ? Opcode.text : Opcode.binary;
    return encodeFrame(opcode, payload, newMask());
  }

  /** The message alone. */
  echoForm(payload: Uint8Array): Uint8Array {
    return payload;
  }

  /** A Close frame. */
  farewell(): Uint8Array {
    return encodeFrame(Opcode.close, closePayload(NORMAL_CLOSURE, ""), newMask());
  }
}

/** Not to be guessed by what lies in between (10.3). */
function newMask(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(MASK_BYTES));
}
