/**
 * The dialect `lines`: one message per line, with a bound.
 *
 * @module
 */
import { equals } from "../std.ts";
import { CommandBatch, MessageBatch } from "./batch.ts";
import type {
  Batch,
  Broadcast,
  ClientCodec,
  ClientCodecIo,
  Codec,
  CodecIo,
  Expectation,
  Farewell,
  Reply,
} from "./codec.ts";
import { commandOf, MAX_COMMAND_BYTES } from "./commands.ts";
import type { Dialect } from "./dialect.ts";
import { Kind } from "./kind.ts";
import { broadcastLine, encodeLine, LF, LineDecoder, visitLines, withoutLineEnd } from "./line.ts";
import type { ByteReader } from "./reader.ts";

/** For telnet, nc and clients written by hand. The server's own texts are lines too. */
export const lines = {
  name: "lines",
  alpn: null,
  open: (io: CodecIo): Codec => new LinesCodec(io),
  openClient: (io: ClientCodecIo): ClientCodec => new LinesClientCodec(io),
} satisfies Dialect;

/** The server's end. A line is held whole, whatever its length. */
class LinesCodec implements Codec {
  readonly hasCommands = true;
  readonly canInterrupt = false;
  readonly #reader: ByteReader;
  readonly #maxMessage: number;
  readonly #decoder: LineDecoder;

  constructor({ reader, limits: { maxMessage } }: CodecIo) {
    this.#reader = reader;
    this.#maxMessage = maxMessage;
    this.#decoder = new LineDecoder(reader, maxMessage);
  }

  get needs(): number {
    return this.#decoder.needs;
  }

  take(): Batch | null {
    const { buffered } = this.#reader;
    let count = 0, bytes = 0, start = 0;
    let end = buffered.indexOf(LF, this.#decoder.searched);
    for (; end >= 0; end = buffered.indexOf(LF, start)) {
      const text = withoutLineEnd(buffered.subarray(start, end + 1));
      if (text.length > this.#maxMessage || commandIn(text) !== null) break;
      count++;
      bytes += text.length;
      start = end + 1;
    }
    if (count === 0) return this.#takeOther();
    this.#decoder.searched = 0;
    return new MessageBatch(Kind.text, count, bytes, this.#reader.take(start), visitLines);
  }

  /** A command, or a last line without its end. Throws `TooLarge` for a line over the limit. */
  #takeOther(): Batch | null {
    const line = this.#decoder.take();
    if (line === null) return null;
    const text = withoutLineEnd(line);
    const command = commandIn(text);
    if (command !== null) return new CommandBatch(command);
    return new MessageBatch(Kind.text, 1, text.length, line, visitLines);
  }

  end(): void {
    this.#decoder.end();
  }

  /** A history has no mark of its own: the lines that follow are all of it. */
  encode(kind: Kind, payload: Uint8Array): Uint8Array | null {
    return kind === Kind.history ? null : encodeLine(payload);
  }

  greeting(text: string): Uint8Array {
    return encodeLine(new TextEncoder().encode(text));
  }

  broadcast({ payload }: Broadcast): Uint8Array {
    return broadcastLine(payload);
  }

  farewell({ code, text }: Farewell): Uint8Array | null {
    return code === null ? null : encodeLine(new TextEncoder().encode(text));
  }
}

function commandIn(text: Uint8Array) {
  return text.length <= MAX_COMMAND_BYTES ? commandOf(Kind.text, text) : null;
}

/**
 * The client's end. A line that is not the echo that is due is part of a history, or a notice where a
 * greeting or another client may explain it.
 */
class LinesClientCodec implements ClientCodec {
  readonly hasCommands = true;
  readonly multiline = false;
  readonly matchesByContent = true;
  readonly #reader: ByteReader;
  readonly #expected: Expectation;
  readonly #decoder: LineDecoder;
  #ended = false;
  #inHistory = false;

  constructor({ reader, expected, maxMessage }: ClientCodecIo) {
    this.#reader = reader;
    this.#expected = expected;
    this.#decoder = new LineDecoder(reader, maxMessage);
  }

  get needs(): number {
    return this.#decoder.needs;
  }

  take(): Reply | null {
    const due = this.#expected.echo();
    const count = due === undefined ? this.#expected.history() : null;
    if (count !== null && (this.#reader.available > 0 || this.#ended)) {
      this.#inHistory = true;
      return { type: "history", count };
    }
    const line = this.#decoder.take();
    if (line === null) return null;
    const text = withoutLineEnd(line);
    if (due !== undefined && equals(due, text)) return { type: "echo", payload: text };
    if (due === undefined && this.#inHistory) return { type: "history-message", payload: text };
    const isExplained = this.#expected.othersMaySpeak || this.#expected.isFirst();
    if (due === undefined || isExplained) return { type: "notice", text };
    return { type: "stray", bytes: line, wanted: encodeLine(due) };
  }

  end(): void {
    this.#ended = true;
    this.#decoder.end();
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
