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

Deno.test("raw: of the server's own texts only broadcasts are sent, as lines", PURE, () => {
  const { codec } = openCodec(raw, pieces(), LIMITS);
  const broadcast = encodeBroadcast(utf8("[::1]:1"), utf8("hello\n"));
  assertEquals(codec.encode(Kind.broadcast, broadcast), utf8("[::1]:1: hello\n"));
  assertEquals(codec.encode(Kind.notice, utf8("welcome")), null);
  assertEquals(codec.encode(Kind.history, encodeCount(1)), null);
  assertEquals(codec.farewell({ code: ErrorCode.idle, text: "idle" }), null);
});
