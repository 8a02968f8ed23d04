import { closeWith, drain, Eviction, linger } from "../../lib/server/closing.ts";
import { openIo } from "../../lib/server/connection.ts";
import { LINGER_TIMEOUT_MS } from "../../lib/server/options.ts";
import { type DialectName, DIALECTS } from "../../lib/wire/dialect.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { assertEquals } from "../support/assert.ts";
import { Attentive, contextOf, Immovable } from "../support/conns.ts";
import { concat, utf8 } from "../support/sources.ts";

function open(conn: Attentive, dialect: DialectName = "frames") {
  using it = contextOf(conn);
  return openIo(it.context, DIALECTS[dialect]);
}

const notice = encodeMsg(Kind.notice, utf8("the server is shutting down"));

Deno.test("closing: an error has a code and words in frames, and the end follows", async () => {
  const conn = new Attentive();
  const close = { reason: "idle-timeout", detail: "silent for 9 s", code: ErrorCode.idle } as const;
  await closeWith(open(conn), close);
  assertEquals(conn.taken, encodeMsg(Kind.error, encodeError(ErrorCode.idle, "silent for 9 s")));
  assertEquals(conn.done, ["closeWrite"]);
});

Deno.test("closing: an echo of bytes as they are gets no words, only the end", async () => {
  const conn = new Attentive();
  await closeWith(open(conn, "raw"), { reason: "over-limit", code: ErrorCode.overLimit });
  assertEquals([conn.taken.length, conn.done], [0, ["closeWrite"]]);
});

Deno.test("closing: linger reads what still comes, until the client's end", async () => {
  const conn = new Attentive(utf8("late"), utf8("words"));
  const io = open(conn);
  await linger(io);
  assertEquals([io.reader.total, io.reader.available, conn.done], [9, 0, []]);
});

Deno.test("closing: linger does not reject when the client leaves without its end", async () => {
  const conn = new Attentive();
  Object.assign(conn, { read: () => Promise.reject(new Deno.errors.UnexpectedEof()) });
  await linger(open(conn));
  assertEquals(conn.done, []);
});

Deno.test("closing: a drain tells the client, and ends the server's side when the client pauses", async () => {
  const conn = new Attentive();
  await drain(open(conn), { timeout: 60_000, signal: new AbortController().signal });
  assertEquals([conn.taken, conn.done], [notice, ["closeWrite"]]);
});

Deno.test("closing: a drain ends with its time for a client that never pauses", async () => {
  const conn = new Attentive(utf8("never"), utf8("ending"));
  const io = open(conn);
  let total = 0;
  Object.defineProperty(io.reader, "total", { get: () => total++ });
  await drain(io, { timeout: 0, signal: new AbortController().signal });
  assertEquals([conn.taken, conn.done], [notice, ["closeWrite"]]);
});

Deno.test("closing: a drain ends with its connection, and sends no end of its own", async () => {
  const conn = new Attentive();
  await drain(open(conn), { timeout: 60_000, signal: AbortSignal.abort() });
  assertEquals([conn.taken, conn.done], [notice, []]);
});

Deno.test("Eviction: an idle client gets an error, and is aborted when it lingers", async () => {
  const conn = new Attentive();
  const io = open(conn);
  const eviction = new Eviction(io);
  assertEquals(eviction.close, null);
  eviction.closeIdle(5000);
  assertEquals(eviction.close, { reason: "idle-timeout", detail: "silent for 5 s" });
  await io.queue.close();
  assertEquals(conn.taken, encodeMsg(Kind.error, encodeError(ErrorCode.idle, "silent for 5 s")));
  eviction.abortIfLate(1000);
  eviction.abortIfLate(1000 + LINGER_TIMEOUT_MS);
  assertEquals(conn.done, ["closeWrite"]);
  eviction.abortIfLate(1001 + LINGER_TIMEOUT_MS);
  assertEquals(conn.done, ["closeWrite", "abort"]);
});

Deno.test("Eviction: a client that does not read is aborted, and the first reason stays", () => {
  const conn = new Attentive();
  const eviction = new Eviction(open(conn));
  eviction.abortSlow("it took nothing");
  eviction.abortSlow("again");
  assertEquals(eviction.close, { reason: "slow-reader", detail: "it took nothing" });
  assertEquals(conn.done, ["abort", "abort"]);
});

Deno.test("Eviction: an idle client that takes nothing is told nothing more", () => {
  const conn = new Immovable();
  const io = open(conn);
  io.queue.close().catch(() => {});
  const eviction = new Eviction(io);
  eviction.closeIdle(5000); // the server's side ends already
  assertEquals(eviction.close, null);
  assertEquals(conn.taken, concat());
});
