/** tests/vectors.json against our own encoder and decoder. */
import { classifyClose } from "../../lib/server/close_info.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import {
  BadPayload,
  EmptyFrame,
  TooLarge,
  TruncatedBody,
  TruncatedHeader,
  UnknownKind,
  WireError,
} from "../../lib/wire/errors.ts";
import { recvFrame } from "../support/frames.ts";
import type { Batch, Reply } from "../../lib/wire/codec.ts";
import { encodeMsg, frames as dialect } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MAX_MESSAGE_BYTES, recvMsg } from "../../lib/wire/message.ts";
import { decodeBroadcast, decodeCount, decodeError } from "../../lib/wire/payloads.ts";
import { encodeBroadcast, encodeCount, encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { EXPECTS_NOTHING } from "../support/expectation.ts";
import { pieces, utf8 } from "../support/sources.ts";
import { frames, hex, limit, malformed, protocol, type Side } from "../support/vectors.ts";

const ERRORS: Record<string, abstract new (...args: never[]) => WireError> = {
  "empty-frame": EmptyFrame,
  "unknown-kind": UnknownKind,
  "too-large": TooLarge,
  "truncated-header": TruncatedHeader,
  "truncated-body": TruncatedBody,
  "bad-payload": BadPayload,
};

const LIMITS = { maxMessage: limit, maxHeld: limit };

/** What the receiving side makes of the next bytes. */
function decode(reader: ByteReader, from: Side): Promise<Batch | Reply | null> {
  if (from === "client") return recvMsg(reader, dialect.open({ reader, limits: LIMITS }));
  const expected = EXPECTS_NOTHING;
  return recvMsg(reader, dialect.openClient({ reader, expected, maxMessage: limit }));
}

/** Receives a frame and takes its payload apart. */
async function receive(reader: ByteReader) {
  const message = await recvFrame(reader);
  assert(message !== null, "the stream ended");
  const { kind, payload } = message;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  let fields: unknown = undefined;
  if (kind === Kind.history) fields = { count: decodeCount(payload) };
  if (kind === Kind.broadcast) {
    const { sender, message } = decodeBroadcast(payload);
    fields = { sender: sender.toHex(), message: message.toHex() };
  }
  if (kind === Kind.error) {
    const { code, reason } = decodeError(payload);
    fields = { code, reason: text(reason) };
  }
  return { kind, payload: payload.slice(), fields };
}

/** A source that gives `bytes` and then nothing, but does not end. */
function unended(bytes: Uint8Array) {
  const source = pieces(bytes);
  return {
    async read(view: Uint8Array): Promise<number> {
      const count = await source.read(view);
      if (count === null) throw new Error("it waits for more than it needs");
      return count;
    },
  };
}

Deno.test("vectors: they are of this protocol, and its limit is the default", () => {
  assertEquals([protocol, limit], [PROTOCOL, MAX_MESSAGE_BYTES]);
});

for (const { name, from, kind, payload, bytes, fields } of frames) {
  Deno.test(`vectors: a frame from the ${from}: ${name}`, async () => {
    assertEquals(encodeMsg(Kind[kind], hex(payload)).toHex(), bytes);
    const came = await receive(new ByteReader(unended(hex(bytes))));
    assertEquals(came, { kind: Kind[kind], payload: hex(payload), fields });
    assert(await decode(new ByteReader(unended(hex(bytes))), from) !== null);
    const { sender, message, count, code, reason } = fields ?? {};
    if (sender !== undefined && message !== undefined) {
      assertEquals(encodeBroadcast(hex(sender), hex(message)).toHex(), payload);
    }
    if (count !== undefined) assertEquals(encodeCount(count).toHex(), payload);
    if (code !== undefined && reason !== undefined) {
      assertEquals(encodeError(code as ErrorCode, reason).toHex(), payload);
      assertEquals(hex(payload).subarray(2), utf8(reason));
    }
  });
}

for (const { name, from, bytes, ends, error, code, reason } of malformed) {
  Deno.test(`vectors: malformed from the ${from}: ${name}`, async () => {
    const source = ends ? pieces(hex(bytes)) : unended(hex(bytes));
    const thrown = await assertRejects(() => decode(new ByteReader(source), from), WireError);
    assert(thrown instanceof ERRORS[error]!, `${thrown.constructor.name} is not ${error}`);
    assertEquals(thrown.message, reason);
    if (from === "client") assertEquals(classifyClose(thrown).code as number, code);
  });
}

Deno.test("vectors: every kind, every error and every code has one", () => {
  const kinds = new Set(frames.map(({ kind }) => kind));
  assertEquals(kinds.size, Object.keys(Kind).length);
  const errors = new Set(malformed.map(({ error }) => error));
  assertEquals([...errors].toSorted(), Object.keys(ERRORS).toSorted());
  const told = frames.flatMap(({ kind, fields }) => kind === "error" ? [Number(fields?.code)] : []);
  const codes = new Set([...malformed.map(({ code }) => code), ...told]);
  for (const code of Object.values(ErrorCode)) assert(codes.has(code), `code ${code}`);
});
