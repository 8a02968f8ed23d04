/**
 * Bytes as they come: the echo of RFC 862, for clients that know no frames.
 *
 * @module
 */
import { Kind, type Message } from "./frames.ts";
import type { ByteReader } from "./reader.ts";

/** Whatever the next read brings, as one message of kind `bytes`; null at a clean end. */
export async function recvRaw(reader: ByteReader): Promise<Message | null> {
  if (!await reader.fill(1)) return null;
  const raw = reader.take(reader.available);
  return { kind: Kind.bytes, payload: raw, bytes: raw.length, raw, missing: 0 };
}
