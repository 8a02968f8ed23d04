/**
 * Reads single frames, apart from the codecs of lib/wire.
 *
 * @module
 */
import type { Kind } from "../../lib/wire/kind.ts";
import { type ByteReader, recvN } from "../../lib/wire/reader.ts";

/** One frame; views are valid until the next read. */
export interface Frame {
  /** Its kind, of which nothing is checked. */
  kind: Kind;
  /** Its payload. */
  payload: Uint8Array;
  /** All of its bytes, as a copy: its echo. */
  raw: Uint8Array;
}

/** The next frame, or null at a clean end. Throws `Truncated` where it is cut off. */
export async function recvFrame(reader: ByteReader): Promise<Frame | null> {
  const header = await recvN(reader, 4);
  if (header === null) return null;
  const length = new DataView(header.buffer, header.byteOffset).getUint32(0);
  const body = (await recvN(reader, length))!;
  const raw = new Uint8Array(4 + length);
  new DataView(raw.buffer).setUint32(0, length);
  raw.set(body, 4);
  return { kind: body[0] as Kind, payload: body.subarray(1), raw };
}
