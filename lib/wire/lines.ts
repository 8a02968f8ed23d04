/**
 * One message per line, with a bound.
 *
 * @module
 */
import { commandOf, MAX_COMMAND_BYTES } from "./commands.ts";
import { TooLarge } from "./errors.ts";
import { type Batch, EMPTY_BATCH, type Message, type ReceiveLimits } from "./frames.ts";
import { Kind } from "./kind.ts";
import type { ByteReader } from "./reader.ts";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads the next line, without its end (LF or CR LF), or null at the end of the stream. A last
 * line needs no end. Throws `TooLarge` as soon as more than `limit` bytes came without one.
 */
export async function recvLine(reader: ByteReader, limit: number): Promise<Uint8Array | null> {
  const raw = await recvRawLine(reader, limit);
  return raw && withoutLineEnd(raw);
}

/** Reads the next line as `recvLine` does, as a message of kind `text`: its echo has its end too. */
export async function recvLineMsg(
  reader: ByteReader,
  rules: ReceiveLimits,
): Promise<Message | null> {
  const raw = await recvRawLine(reader, rules.limit);
  if (raw === null) return null;
  const payload = withoutLineEnd(raw);
  return { kind: Kind.text, payload, bytes: payload.length, raw, missing: 0 };
}

/** Takes the whole lines that lie ahead, up to a command or one that is too long. */
export function sweepLines(reader: ByteReader, rules: ReceiveLimits): Batch {
  if (reader.available === 0) return EMPTY_BATCH;
  const { buffered } = reader;
  let count = 0, bytes = 0, start = 0;
  for (let end = buffered.indexOf(LF); end >= 0; end = buffered.indexOf(LF, start)) {
    const text = withoutLineEnd(buffered.subarray(start, end + 1));
    if (text.length <= MAX_COMMAND_BYTES && commandOf(Kind.text, text) !== null) break;
    if (end - start > rules.limit) break;
    count++;
    bytes += text.length;
    start = end + 1;
  }
  reader.discard(start);
  return { count, bytes };
}

/** The texts of the lines in a stretch, as views on it. */
export function* linesIn(stretch: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < stretch.length;) {
    const end = stretch.indexOf(LF, start) + 1 || stretch.length;
    yield withoutLineEnd(stretch.subarray(start, end));
    start = end;
  }
}

/** A text as a line; with another end than ours it would be two. */
export function encodeLine(text: Uint8Array): Uint8Array {
  const line = new Uint8Array(text.length + 1);
  line.set(text);
  line[text.length] = LF;
  return line;
}

/** The next line with its end; the last one may have none. */
async function recvRawLine(reader: ByteReader, limit: number): Promise<Uint8Array | null> {
  let searched = 0;
  for (;;) {
    const end = reader.buffered.indexOf(LF, searched);
    searched = reader.available;
    const length = end >= 0 ? end : searched;
    if (length > limit) throw new TooLarge(length, limit);
    if (end >= 0) return reader.take(end + 1);
    if (!await reader.fill(searched + 1)) return searched === 0 ? null : reader.take(searched);
  }
}

/** Reads past the end of the line, or to the end of the stream: what to do with one too large. */
export async function skipLine(reader: ByteReader): Promise<void> {
  do {
    const end = reader.buffered.indexOf(LF);
    reader.discard(end >= 0 ? end + 1 : reader.available);
    if (end >= 0) return;
  } while (await reader.fill(1));
}

/** A line without its end: LF or CR LF. */
function withoutLineEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  if (line[end - 1] === LF) end--;
  if (line[end - 1] === CR) end--;
  return line.subarray(0, end);
}
