/**
 * The dialect `raw`: bytes as they come, the echo of RFC 862, for clients that know no frames.
 *
 * @module
 */
import { MessageBatch } from "./batch.ts";
import type {
  Batch,
  ClientCodec,
  ClientCodecIo,
  Codec,
  CodecIo,
  Expectation,
  PayloadVisitor,
  Reply,
} from "./codec.ts";
import type { Dialect } from "./dialect.ts";
import { Truncated } from "./errors.ts";
import { Kind } from "./kind.ts";
import { broadcastLine, encodeLine, LF } from "./line.ts";
import type { ByteReader } from "./reader.ts";

/** Every byte comes back. With broadcast, the messages of others come as lines. */
export const raw = {
  name: "raw",
  alpn: null,
  open: ({ reader }: CodecIo): Codec => new RawCodec(reader),
  openClient: (io: ClientCodecIo): ClientCodec => new RawClientCodec(io),
} satisfies Dialect;

const visitAll = (bytes: Uint8Array, visit: PayloadVisitor) => visit(bytes, 0, bytes.length);

/** The server's end: each read is a message. */
class RawCodec implements Codec {
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

  encode(kind: Kind, payload: Uint8Array): Uint8Array | null {
    return kind === Kind.broadcast ? broadcastLine(payload) : null;
  }

  farewell(): null {
    return null;
  }
}

/** The client's end: an echo is as long as its message and the line end that was sent with it. */
class RawClientCodec implements ClientCodec {
  readonly hasCommands = false;
  readonly multiline = true;
  readonly matchesByContent = false;
  needs = 1;
  readonly #reader: ByteReader;
  readonly #expected: Expectation;

  constructor({ reader, expected }: ClientCodecIo) {
    this.#reader = reader;
    this.#expected = expected;
  }

  take(): Reply | null {
    const { available } = this.#reader;
    this.needs = 1;
    if (available === 0) return null;
    const due = this.#expected.echo();
    if (due === undefined) return { type: "notice", text: this.#reader.take(available) };
    this.needs = due.length + 1;
    if (available < this.needs) return null;
    const echo = this.#reader.take(this.needs);
    return { type: "echo", payload: echo.at(-1) === LF ? echo.subarray(0, -1) : echo };
  }

  end(): void {
    const { available } = this.#reader;
    if (available > 0) throw new Truncated(available, this.needs);
  }

  encode(_kind: Kind, payload: Uint8Array): Uint8Array {
    return encodeLine(payload);
  }
}
