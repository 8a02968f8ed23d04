import { Kind } from "../../lib/wire/kind.ts";
import { encodeBroadcast, encodeCount, ErrorCode } from "../../lib/wire/payloads.ts";
import { raw } from "../../lib/wire/raw.ts";
import { assertEquals } from "../support/assert.ts";
import { openCodec } from "../support/codec.ts";
import { pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const LIMITS = { maxMessage: 10, maxHeld: 10 };

Deno.test("raw: each read is a message of kind bytes, and its own echo", PURE, async () => {
  const { next } = openCodec(raw, pieces(utf8("quit"), utf8("more than the limit")), LIMITS);
  for (const sent of ["quit", "more than the limit"].map(utf8)) {
    const batch = await next();
    assertEquals([batch?.echo, batch?.payloads], [sent, [sent]]);
    assertEquals([batch?.kind, batch?.count, batch?.command], [Kind.bytes, 1, null]);
  }
  assertEquals([await next(), await next()], [null, null]);
});

Deno.test("raw: of the server's own texts only a greeting is sent, as a line", PURE, () => {
  const { codec } = openCodec(raw, pieces(), LIMITS);
  assertEquals(codec.greeting("welcome"), utf8("welcome\n"));
  assertEquals(codec.encode(Kind.notice, utf8("welcome")), null);
  assertEquals(codec.encode(Kind.history, encodeCount(1)), null);
  assertEquals(codec.farewell({ code: ErrorCode.idle, text: "idle" }), null);
});

Deno.test("raw: bytes of others come as they were sent, and texts as lines", PURE, () => {
  const { codec } = openCodec(raw, pieces(), LIMITS);
  const payload = encodeBroadcast(utf8("[::1]:1"), utf8("hello"));
  assertEquals(codec.broadcast({ kind: Kind.bytes, payload }), utf8("hello"));
  assertEquals(codec.broadcast({ kind: Kind.text, payload }), utf8("hello\n"));
});
