/**
 * How messages are told apart on a connection; ALPN (RFC 7301) decides which way.
 *
 * @module
 */
import {
  type Batch,
  EMPTY_BATCH,
  Kind,
  type Message,
  payloadsIn,
  type ReceiveLimits,
  recvMsg,
  sendMsg,
  sweepMsgs,
} from "./frames.ts";
import type { ByteSink } from "./io.ts";
import { encodeLine, linesIn, recvLineMsg, sweepLines } from "./lines.ts";
import { decodeBroadcast, decodeError } from "./payloads.ts";
import { recvRaw } from "./raw.ts";
import type { ByteReader } from "./reader.ts";

/** A way to tell messages apart. */
export interface Dialect {
  /** What it is called in options, events and the log. */
  readonly name: DialectName;
  /** Waits for the next message; null at a clean end. Throws a `WireError` when it is malformed. */
  recv(reader: ByteReader, rules: ReceiveLimits): Promise<Message | null>;
  /** Takes what else of that kind has come, up to a command, without waiting. */
  sweep(reader: ByteReader, rules: ReceiveLimits, kind: Kind): Batch;
  /** The payloads in a stretch of such messages, as views on it. */
  payloads(stretch: Uint8Array): Iterable<Uint8Array>;
  /** Sends what is not an echo; a dialect that has no words for it sends nothing. */
  send(sink: ByteSink, kind: Kind, payload: Uint8Array): Promise<void>;
}

/** The ALPN name of our protocol. */
export const PROTOCOL = "echo/1";

/** Messages of any length and content, history, broadcast with senders. */
export const frames: Dialect = {
  name: "frames",
  recv: recvMsg,
  sweep: sweepMsgs,
  payloads: payloadsIn,
  send: sendMsg,
};

/** One message per line, for telnet, nc and what was written by hand; its replies are lines too. */
export const lines: Dialect = {
  name: "lines",
  recv: recvLineMsg,
  sweep: sweepLines,
  payloads: linesIn,
  send(sink, kind, payload) {
    if (kind === Kind.history) return Promise.resolve(); // the lines that follow are all of it
    const text = kind === Kind.broadcast
      ? formatBroadcastLine(payload)
      : kind === Kind.error
      ? decodeError(payload).reason
      : payload;
    return sink.write(encodeLine(text));
  },
};

/** Every byte comes back (RFC 862), and nothing else but what others say where there is broadcast. */
export const raw: Dialect = {
  name: "raw",
  recv: recvRaw,
  sweep: () => EMPTY_BATCH,
  payloads: (stretch) => [stretch],
  send: (sink, kind, payload) =>
    kind === Kind.broadcast
      ? sink.write(encodeLine(formatBroadcastLine(payload)))
      : Promise.resolve(),
};

/** All dialects by their names. */
export const DIALECTS = { frames, lines, raw } satisfies Record<string, Dialect>;

/** The name of one. */
export type DialectName = "frames" | "lines" | "raw";

/** The dialect for what was agreed on by ALPN; null when the client offered nothing. */
export function dialectOf(protocol: string | null): Dialect {
  return protocol === PROTOCOL ? frames : raw;
}

/**
 * A broadcast in a line: `sender: message`. What a raw client says often has a line's end; where
 * more lines follow, a space begins each, or they could pass for what somebody else says.
 */
function formatBroadcastLine(payload: Uint8Array): Uint8Array {
  const { sender, message } = decodeBroadcast(payload);
  const said = new Uint8Array(sender.length + COLON.length + 2 * message.length);
  let end = 0;
  const put = (bytes: Uint8Array) => {
    said.set(bytes, end);
    end += bytes.length;
  };
  put(sender);
  put(COLON);
  let isFirst = true;
  for (const text of linesIn(message)) {
    if (!isFirst) put(CONTINUED);
    isFirst = false;
    put(text);
  }
  return said.subarray(0, end);
}

const COLON = new TextEncoder().encode(": ");
const CONTINUED = new TextEncoder().encode("\n ");
