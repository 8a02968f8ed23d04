/**
 * The dialect `raw`: bytes as they come, the echo of RFC 862, for clients that know no frames.
 *
 * @module
 */
import { equals } from "../std.ts";
import { MessageBatch } from "./batch.ts";
import type {
  Batch,
  Broadcast,
  ClientCodec,
  ClientCodecIo,
  Codec,
  CodecIo,
  Expectation,
  PayloadVisitor,
  Reply,
} from "./codec.ts";
import type { Dialect } from "./dialect.ts";
import { Kind } from "./kind.ts";
import { encodeLine } from "./line.ts";
import { decodeBroadcast } from "./payloads.ts";
import type { ByteReader } from "./reader.ts";

/** Every byte comes back. With broadcast, the bytes of others come too, as they were sent. */
export const raw = {
  name: "raw",
  alpn: null,
  open: ({ reader }: CodecIo): Codec => new RawCodec(reader),
  openClient: (io: ClientCodecIo): ClientCodec => new RawClientCodec(io),
} satisfies Dialect;

const visitAll = (bytes: Uint8Array, visit: PayloadVisitor) => visit(bytes, 0, bytes.length);

/** The server's end: each read is a message. */
class RawCodec implements Codec {
  readonly hasCommands = false;
  readonly canInterrupt = false;
  readonly needs = 1;
  readonly #reader: ByteReader;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  take(): Batch | null {
    const { available } = this.#reader;
    if (available === 0) return null;
    return new MessageBatch(Kind.bytes, 1, available, this.#reader.take(available), visitAll);
  }

  end(): void {}

  encode(): null {
    return null;
  }

  greeting(text: string): Uint8Array {
    return encodeLine(new TextEncoder().encode(text));
  }

  /** Bytes come exactly as they were sent (004). Only the end of a line can tell where a text ends. */
  broadcast({ kind, payload }: Broadcast): Uint8Array {
    const { message } = decodeBroadcast(payload);
    return kind === Kind.text ? encodeLine(message) : message;
  }

  farewell(): null {
    return null;
  }
}

/** Stands for the name of a sender, which is not sent. */
const ANOTHER_CLIENT = new TextEncoder().encode("another client");

/** The client's end: an echo is as long as its message and the line end that was sent with it. */
class RawClientCodec implements ClientCodec {
  readonly hasCommands = false;
  readonly multiline = true;
  readonly matchesByContent = true;
  needs = 1;
  readonly #reader: ByteReader;
  readonly #expected: Expectation;
  #ended = false;

  constructor({ reader, expected }: ClientCodecIo) {
    this.#reader = reader;
    this.#expected = expected;
  }

  take(): Reply | null {
    const { available } = this.#reader;
    this.needs = 1;
    if (available === 0) return null;
    const due = this.#expected.echo();
    const wanted = due === undefined ? null : encodeLine(due);
    if (this.#expected.othersMaySpeak) return this.#takeAmongOthers(wanted);
    if (wanted === null) return { type: "stray", bytes: this.#reader.take(available), wanted };
    this.needs = wanted.length;
    if (available < wanted.length && !this.#ended) return null;
    return this.#takeEcho(wanted) ??
      { type: "stray", bytes: this.#reader.take(available), wanted };
  }

  /** What comes before the echo is from others. */
  #takeAmongOthers(wanted: Uint8Array | null): Reply | null {
    const { buffered, available } = this.#reader;
    const start = wanted === null ? available : startOf(wanted, buffered);
    if (start > 0) return this.#takeOther(start);
    const echo = this.#takeEcho(wanted!);
    if (echo !== null) return echo;
    if (this.#ended) return this.#takeOther(available);
    // It may be the beginning of the echo. Longer steps look through a long one less often.
    this.needs = Math.min(wanted!.length, available + 1 + (available >> 3));
    return null;
  }

  #takeEcho(wanted: Uint8Array): Reply | null {
    if (!equals(this.#reader.buffered.subarray(0, wanted.length), wanted)) return null;
    return { type: "echo", payload: this.#reader.take(wanted.length).subarray(0, -1) };
  }

  #takeOther(count: number): Reply {
    const payload = this.#reader.take(count);
    return this.#expected.isFirst()
      ? { type: "notice", text: payload }
      : { type: "broadcast", sender: ANOTHER_CLIENT, payload };
  }

  /** What is left has no line end. */
  end(): void {
    this.#ended = true;
  }

  echoForm(payload: Uint8Array): Uint8Array {
    return encodeLine(payload);
  }

  farewell(): null {
    return null;
  }

  encode(_kind: Kind, payload: Uint8Array): Uint8Array {
    return encodeLine(payload);
  }
}

/** Where `wanted`, or a beginning of it that reaches to the end, first stands in `bytes`. */
function startOf(wanted: Uint8Array, bytes: Uint8Array): number {
  let start = bytes.indexOf(wanted[0]!);
  for (; start >= 0; start = bytes.indexOf(wanted[0]!, start + 1)) {
    const piece = bytes.subarray(start, start + wanted.length);
    if (equals(piece, wanted.subarray(0, piece.length))) return start;
  }
  return bytes.length;
}
