/**
 * A codec on a source, read to its end as the server reads it.
 *
 * @module
 */
import type { Batch, Codec, CodecLimits } from "../../lib/wire/codec.ts";
import type { Dialect } from "../../lib/wire/dialect.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import type { Kind } from "../../lib/wire/kind.ts";
import { recvMsg } from "../../lib/wire/message.ts";
import { payloadsOf } from "../../lib/wire/batch.ts";
import { type BufferSize, ByteReader } from "../../lib/wire/reader.ts";
import { concat } from "./sources.ts";

/** A batch whose bytes are copies. */
export interface Taken extends Omit<Batch, "forEachPayload"> {
  /** All payloads. */
  payloads: Uint8Array[];
}

/** Copies what the next read would overwrite. */
export function copyOf(batch: Batch): Taken {
  const { kind, count, bytes, command, ends, resumes, continues } = batch;
  const payloads = payloadsOf(batch).map((payload) => payload.slice());
  const echo = batch.echo.slice();
  return { kind, count, bytes, command, ends, resumes, continues, echo, payloads };
}

/** A codec that reads from `source`. */
export function openCodec(
  dialect: Dialect,
  source: ByteSource,
  limits: CodecLimits,
  size?: BufferSize,
): { reader: ByteReader; codec: Codec; next(): Promise<Taken | null> } {
  const reader = new ByteReader(source, size);
  const codec = dialect.open({ reader, limits });
  const next = async () => {
    const batch = await recvMsg(reader, codec);
    return batch && copyOf(batch);
  };
  return { reader, codec, next };
}

/** Everything that a codec makes of a stream. */
export interface Transcript {
  /** The messages whose end came, in their order; a command has its own bytes. */
  messages: { kind: Kind; payload: Uint8Array; command: string | null }[];
  /** All that was to be written back. */
  echo: Uint8Array;
  /** What is wrong with the stream, or null. */
  error: unknown;
  /** The echo of a message in pieces whose end did not come. */
  begun: Uint8Array;
}

/** Reads `next` to the end or to the first error. Throws where batches contradict themselves. */
export async function transcriptOf(next: () => Promise<Taken | null>): Promise<Transcript> {
  const messages: Transcript["messages"] = [];
  const echo: Uint8Array[] = [];
  let parts: { echo: Uint8Array; payload: Uint8Array }[] = [];
  const result = (error: unknown) => ({
    messages,
    echo: concat(...echo),
    error,
    begun: concat(...parts.map((part) => part.echo)),
  });
  for (;;) {
    let batch: Taken | null;
    try {
      batch = await next();
    } catch (error) {
      return result(error);
    }
    if (batch === null) return result(null);
    const { kind, count, bytes, payloads, command, resumes, continues } = batch;
    const size = payloads.reduce((sum, { length }) => sum + length, 0);
    check(size === bytes, `a batch of ${bytes} bytes has ${size}`);
    check(resumes === parts.length > 0, `resumes is ${resumes} after ${parts.length} pieces`);
    if (command !== null) {
      messages.push({ kind, payload: new Uint8Array(), command });
    } else if (resumes || continues) {
      check(payloads.length === 1 && count === (continues ? 0 : 1), "a piece is not one");
      parts.push({ echo: batch.echo, payload: payloads[0]! });
      if (continues) continue;
      echo.push(...parts.map((part) => part.echo));
      messages.push({ kind, payload: concat(...parts.map((it) => it.payload)), command });
      parts = [];
    } else {
      check(payloads.length === count, `a batch of ${count} messages has ${payloads.length}`);
      echo.push(batch.echo);
      messages.push(...payloads.map((payload) => ({ kind, payload, command })));
    }
  }
}

function check(holds: boolean, problem: string): void {
  if (!holds) throw new TypeError(problem);
}
