import fc from "fast-check";
import { logfmt } from "../../lib/log/logfmt.ts";
import { putMessageLines } from "../../lib/log/messages.ts";
import type { MessagesReceived } from "../../lib/server/events.ts";
import { LineBuffer } from "../../lib/text/line_buffer.ts";
import { visiting } from "../support/visiting.ts";
import { assertEquals } from "../support/assert.ts";
import { noise, utf8 } from "../support/sources.ts";

const time = Date.UTC(2026, 10, 21, 2, 20, 10, 915);
const of = { time, conn: 3, peer: { hostname: "::1", port: 50512 } };

function messageLines(event: MessagesReceived): Uint8Array {
  const lines = new LineBuffer();
  putMessageLines(lines, event);
  return lines.take();
}

function together(payloads: Uint8Array[]): string {
  const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
  const counts = { count: payloads.length, bytes };
  const lines = messageLines({
    type: "messages",
    ...of,
    ...counts,
    forEachPayload: visiting(...payloads),
  });
  return new TextDecoder().decode(lines);
}

function oneByOne(payloads: Uint8Array[]): string {
  return payloads.map((payload) =>
    logfmt({ type: "message", ...of, bytes: payload.length, payload }) + "\n"
  ).join("");
}

Deno.test("messageLines() is what logfmt() says of each, whatever they are", () => {
  const plain = fc.string({ unit: "grapheme-ascii", maxLength: 300 }).map(utf8);
  const payload = fc.oneof(
    plain,
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "binary" }).map(utf8),
  );
  fc.assert(fc.property(fc.array(payload, { maxLength: 20 }), (payloads) => {
    assertEquals(together(payloads), oneByOne(payloads));
  }));
});

Deno.test("messageLines() has no bound of its own, and long texts are cut as in logfmt()", () => {
  const long = [32768, 32769, 65536, 1, 100_000].map((size) => utf8("x".repeat(size)));
  const payloads = [...long, noise(50_000), ...long, utf8("é".repeat(40_000))];
  assertEquals(together(payloads), oneByOne(payloads));
});

Deno.test("messageLines() tells the size of a message of which only the beginning is there", () => {
  const payload = noise(65536);
  const message = { ...of, bytes: 1_000_000 };
  const event = {
    type: "messages",
    ...message,
    count: 1,
    forEachPayload: visiting(payload),
  } as const;
  const line = new TextDecoder().decode(messageLines(event));
  assertEquals(line, logfmt({ type: "message", ...message, payload }) + "\n");
});
