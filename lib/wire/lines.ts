/**
 * One message per line, with a bound.
 *
 * @module
 */
import { TooLarge } from "./errors.ts";
import type { ByteReader } from "./reader.ts";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads the next line, without its end (LF or CR LF), or null at the end of the stream. A last
 * line needs no end. Throws `TooLarge` as soon as more than `limit` bytes came without one.
 */
export async function recvLine(reader: ByteReader, limit: number): Promise<Uint8Array | null> {
  let searched = 0;
  for (;;) {
    const end = reader.ahead.indexOf(LF, searched);
    searched = reader.available;
    const length = end >= 0 ? end : searched;
    if (length > limit) throw new TooLarge(length, limit);
    if (end >= 0) return withoutCr(reader.take(end + 1).subarray(0, end));
    if (!await reader.fill(searched + 1)) {
      return searched === 0 ? null : withoutCr(reader.take(searched));
    }
  }
}

/** Reads past the end of the line, or to the end of the stream: what to do with one too large. */
export async function skipLine(reader: ByteReader): Promise<void> {
  do {
    const end = reader.ahead.indexOf(LF);
    reader.drop(end >= 0 ? end + 1 : reader.available);
    if (end >= 0) return;
  } while (await reader.fill(1));
}

function withoutCr(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
