/**
 * The ways to tell messages apart, in one table for both sides. A new dialect is one file beside
 * this one and one row below.
 *
 * @module
 */
import type { ClientCodec, ClientCodecIo, Codec, CodecIo } from "./codec.ts";
import { frames } from "./frames.ts";
import { lines } from "./lines.ts";
import { raw } from "./raw.ts";
import { websocket } from "./websocket.ts";

/** One way to tell messages apart. It makes a codec for each connection. */
export interface Dialect {
  /** Its name in options, events and the log. */
  readonly name: string;
  /** The ALPN protocol (RFC 7301) that chooses it; null: only an option does. */
  readonly alpn: string | null;
  /** The server's end of one connection. */
  open(io: CodecIo): Codec;
  /** The client's end of one connection. */
  openClient(io: ClientCodecIo): ClientCodec;
}

/** All dialects by their names. */
export const DIALECTS = { frames, lines, raw, websocket } satisfies Record<string, Dialect>;

/** The name of one. */
export type DialectName = keyof typeof DIALECTS;

/** The ALPN name of the protocol in docs/protocol.md. */
export const PROTOCOL: string = frames.alpn;

/** A table of dialects, by their names. */
export type DialectTable = Readonly<Record<string, Dialect>>;

/**
 * The dialect that a client has agreed on by ALPN. A client that offered nothing gets `raw`: it may
 * be any echo client (RFC 862).
 */
export function dialectFor(protocol: string | null, dialects: DialectTable = DIALECTS): Dialect {
  if (protocol === null) return raw;
  return Object.values(dialects).find(({ alpn }) => alpn === protocol) ?? raw;
}
