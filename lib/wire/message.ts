/**
 * How both sides receive and send messages, in any dialect (000: `recv_msg`, `send_msg`).
 *
 * @module
 */
import type { Decoder, Encoder } from "./codec.ts";
import type { ByteSink } from "./io.ts";
import type { Kind } from "./kind.ts";
import type { ByteReader } from "./reader.ts";

/** The longest payload that is accepted unless an option says otherwise, in bytes. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Waits for the next message, or for what else `decoder` makes of the bytes; null at a clean end.
 * Throws a `WireError` for a malformed message, and what reading throws.
 */
export async function recvMsg<T>(reader: ByteReader, decoder: Decoder<T>): Promise<T | null> {
  for (let ended = false;;) {
    const message = decoder.take();
    if (message !== null) return message;
    if (ended) return null;
    if (await reader.fill(decoder.needs)) continue;
    decoder.end();
    ended = true;
  }
}

/**
 * Sends one message in one write: header and body apart would be two packets. A dialect that has no
 * words for `kind` sends nothing.
 */
export function sendMsg(
  sink: ByteSink,
  encoder: Encoder,
  kind: Kind,
  payload: Uint8Array,
): Promise<void> {
  const bytes = encoder.encode(kind, payload);
  return bytes === null ? Promise.resolve() : sink.write(bytes);
}
