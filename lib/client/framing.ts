/**
 * How a client talks in each dialect.
 *
 * @module
 */
import { equals } from "../std.ts";
import type { DialectName } from "../wire/dialect.ts";
import {
  Kind,
  MAX_MESSAGE_BYTES,
  type Message,
  type ReceiveLimits,
  recvMsg,
  sendMsg,
} from "../wire/frames.ts";
import type { ByteSink } from "../wire/io.ts";
import { encodeLine, recvLine } from "../wire/lines.ts";
import { type ByteReader, recvN } from "../wire/reader.ts";

/** One way to talk. */
export interface ClientFraming {
  /** Whether some messages are commands. */
  readonly commands: boolean;
  /** Whether a message may have several lines. */
  readonly multiline: boolean;
  /** Sends a message. */
  send(sink: ByteSink, payload: Uint8Array): Promise<void>;
  /**
   * Waits for what the server says next; null at a clean end. Where the bytes do not tell what it
   * is, `owed`, the message whose echo is due when they have come, does: the rest are notices.
   */
  receive(reader: ByteReader, owed: () => Uint8Array | undefined): Promise<Message | null>;
}

/** What a server may send: every kind, and a broadcast carries its sender besides the message. */
const LONGEST = MAX_MESSAGE_BYTES + 256;
const RULES: ReceiveLimits = { limit: LONGEST, whole: LONGEST, highestKind: Kind.error };

const frames: ClientFraming = {
  commands: true,
  multiline: true,
  send: (sink, payload) => sendMsg(sink, Kind.text, payload),
  receive: (reader) => recvMsg(reader, RULES),
};

const lines: ClientFraming = {
  commands: true,
  multiline: false,
  send: (sink, payload) => sink.write(encodeLine(payload)),
  async receive(reader, owed) {
    const line = await recvLine(reader, LONGEST);
    if (line === null) return null;
    const due = owed();
    return whole(due !== undefined && equals(due, line) ? Kind.text : Kind.notice, line);
  },
};

const raw: ClientFraming = {
  commands: false,
  multiline: true,
  send: (sink, payload) => sink.write(encodeLine(payload)),
  async receive(reader, owed) {
    if (!await reader.fill(1)) return null;
    const due = owed();
    if (due === undefined) return whole(Kind.notice, reader.take(reader.available));
    const echo = (await recvN(reader, due.length + 1))!; // a byte of it is there: never null
    return whole(Kind.bytes, echo.at(-1) === LF ? echo.subarray(0, -1) : echo);
  },
};

const LF = 0x0a;

function whole(kind: Kind, payload: Uint8Array): Message {
  return { kind, payload, bytes: payload.length, raw: payload, missing: 0 };
}

/** The ways to talk by the names of their dialects. */
export const CLIENT_FRAMINGS: Record<DialectName, ClientFraming> = { frames, lines, raw };
