/**
 * How messages are told apart on a connection; ALPN (RFC 7301) decides which way.
 *
 * @module
 */
import {
  type Kind,
  type Message,
  NOTHING,
  payloadsIn,
  recvMsg,
  type Rules,
  sendMsg,
  type Sweep,
  sweepMsgs,
} from "./frames.ts";
import type { ByteSink } from "./io.ts";
import { recvRaw } from "./raw.ts";
import type { ByteReader } from "./reader.ts";

/** A way to tell messages apart. */
export interface Dialect {
  /** What it is called in options, events and the log. */
  readonly name: "frames" | "raw";
  /** Waits for the next message; null at a clean end. Throws a `WireError` when it is malformed. */
  recv(reader: ByteReader, rules: Rules): Promise<Message | null>;
  /** Takes what else of that kind has come, up to a command, without waiting. */
  sweep(reader: ByteReader, rules: Rules, kind: Kind): Sweep;
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

/** Every byte comes back, and nothing else. */
export const raw: Dialect = {
  name: "raw",
  recv: recvRaw,
  sweep: () => NOTHING,
  payloads: (stretch) => [stretch],
  send: () => Promise.resolve(),
};

/** The dialect for what was agreed on by ALPN; null when the client offered nothing. */
export function dialectOf(protocol: string | null): Dialect {
  return protocol === PROTOCOL ? frames : raw;
}
