import type { ClientCodec, Reply } from "../../lib/wire/codec.ts";
import { type DialectName, DIALECTS } from "../../lib/wire/dialect.ts";
import { BadPayload, IncompleteHistory, TooLarge } from "../../lib/wire/errors.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { recvMsg } from "../../lib/wire/message.ts";
import { encodeBroadcast, encodeCount, encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { concat, drip, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A client that has sent `sent`, and expects a history of `history` messages after their echoes. */
function open(
  dialect: DialectName,
  source: ByteSource,
  sent: string[],
  { history, othersMaySpeak = false }: { history?: number; othersMaySpeak?: boolean } = {},
) {
  const reader = new ByteReader(source);
  const inFlight = sent.map(utf8);
  const expected = {
    echo: () => inFlight[0],
    history: () => history ?? null,
    isFirst: () => inFlight.length === sent.length,
    othersMaySpeak,
  };
  const codec = DIALECTS[dialect].openClient({ reader, expected, maxMessage: 1000 });
  /** The next reply, in words. */
  const next = async () => {
    const reply = await recvMsg(reader, codec);
    if (reply?.type === "echo") inFlight.shift();
    if (reply?.type === "history") history = undefined;
    return reply && words(reply);
  };
  return { codec: codec as ClientCodec, next };
}

function words(reply: Reply): string {
  switch (reply.type) {
    case "echo":
    case "history-message":
      return `${reply.type} ${text(reply.payload)}`;
    case "broadcast":
      return `broadcast ${text(reply.sender)} ${text(reply.payload)}`;
    case "history":
      return `history ${reply.count}`;
    case "notice":
      return `notice ${text(reply.text)}`;
    case "stray":
      return `stray ${text(reply.bytes)}`;
    case "control":
      return "control";
    case "error":
      return `error ${text(reply.reason)}`;
  }
}

async function allOf(next: () => Promise<string | null>): Promise<string[]> {
  const all: string[] = [];
  for (let reply = await next(); reply !== null; reply = await next()) all.push(reply);
  return all;
}

Deno.test("client codecs: a message is one piece of bytes in each dialect", PURE, () => {
  const encode = (dialect: DialectName) =>
    open(dialect, pieces(), []).codec.encode(Kind.text, utf8("hi"));
  assertEquals(encode("frames"), new Uint8Array([0, 0, 0, 3, Kind.text, 0x68, 0x69]));
  assertEquals([encode("lines"), encode("raw")], [utf8("hi\n"), utf8("hi\n")]);
});

const SAID = [
  encodeMsg(Kind.notice, utf8("welcome")),
  encodeMsg(Kind.text, utf8("a")),
  encodeMsg(Kind.broadcast, encodeBroadcast(utf8("[::1]:1"), utf8("b"))),
  encodeMsg(Kind.history, encodeCount(2)),
  encodeMsg(Kind.text, utf8("a")),
  encodeMsg(Kind.text, utf8("c")),
  encodeMsg(Kind.error, encodeError(ErrorCode.idle, "too slow")),
];

Deno.test("client of frames: each kind is a reply of its own", PURE, async () => {
  for (const source of [pieces(concat(...SAID)), drip(concat(...SAID))]) {
    assertEquals(await allOf(open("frames", source, ["a"], { history: 2 }).next), [
      "notice welcome",
      "echo a",
      "broadcast [::1]:1 b",
      "history 2",
      "history-message a",
      "history-message c",
      "error too slow",
    ]);
  }
});

Deno.test(
  "client of frames: a history that is cut off tells how much of it came",
  PURE,
  async () => {
    const { next } = open("frames", pieces(...SAID.slice(3, 5)), [], { history: 2 });
    assertEquals([await next(), await next()], ["history 2", "history-message a"]);
    await assertRejects(next, IncompleteHistory, "after 1 of 2 messages");
  },
);

Deno.test("client of frames: in a history only messages are a part of it", PURE, async () => {
  const [, , broadcast, history, first, second, error] = SAID;
  const said = [history!, first!, broadcast!, encodeMsg(Kind.notice, utf8("note")), second!];
  assertEquals(await allOf(open("frames", pieces(concat(...said)), [], { history: 2 }).next), [
    "history 2",
    "history-message a",
    "broadcast [::1]:1 b",
    "notice note",
    "history-message c",
  ]);
  const { next } = open("frames", pieces(concat(history!, first!, error!)), [], { history: 2 });
  assertEquals([await next(), await next(), await next()], [
    ...["history 2", "history-message a", "error too slow"],
  ]);
});

Deno.test("client of frames: malformed payloads and long frames are errors", PURE, async () => {
  const bad = encodeMsg(Kind.history, utf8("x"));
  await assertRejects(open("frames", pieces(bad), []).next, BadPayload);
  const long = encodeMsg(Kind.text, new Uint8Array(1001));
  await assertRejects(open("frames", pieces(long), []).next, TooLarge);
});

Deno.test("client of lines: before the first echo a line may be a greeting", PURE, async () => {
  for (const source of [pieces, drip]) {
    const bytes = utf8("Welcome\na\r\nB\n");
    assertEquals(await allOf(open("lines", source(bytes), ["a", "b"]).next), [
      "notice Welcome",
      "echo a",
      "stray B\n",
    ]);
  }
});

Deno.test("client of lines: among others any line but the echo is a notice", PURE, async () => {
  for (const source of [pieces, drip]) {
    const { next } = open("lines", source(utf8("a\n[::1]:1: b\nb\nb\n")), ["a", "b"], {
      othersMaySpeak: true,
    });
    assertEquals(await allOf(next), ["echo a", "notice [::1]:1: b", "echo b", "notice b"]);
  }
});

Deno.test("client of lines: after the echoes all lines are the history", PURE, async () => {
  for (const source of [pieces, drip]) {
    const { next } = open("lines", source(utf8("note\na\na\nb")), ["a"], { history: 2 });
    const expected = ["notice note", "echo a", "history 2", "history-message a"];
    assertEquals(await allOf(next), [...expected, "history-message b"]);
  }
});

Deno.test("client of lines: an empty history comes with the end", PURE, async () => {
  assertEquals(await allOf(open("lines", pieces(), [], { history: 0 }).next), ["history 0"]);
});

Deno.test("client of frames: only the same bytes of the same kind are an echo", PURE, async () => {
  for (const frame of [encodeMsg(Kind.bytes, utf8("a")), encodeMsg(Kind.text, utf8("b"))]) {
    assertEquals((await open("frames", pieces(frame), ["a"]).next())?.slice(0, 5), "stray");
  }
});

Deno.test("client of raw: an echo is the message and its line end", PURE, async () => {
  for (const source of [pieces, drip]) {
    const { next } = open("raw", source(utf8("two\nlines\n12345\n")), ["two\nlines", "12345"]);
    assertEquals(await allOf(next), ["echo two\nlines", "echo 12345"]);
  }
});

Deno.test("client of raw: other bytes are not accepted, nor too few of them", PURE, async () => {
  for (const answer of ["aB\n", "ab", "ab c", "ab\r\n", " ab\n"]) {
    assertEquals(await allOf(open("raw", pieces(utf8(answer)), ["ab"]).next), [`stray ${answer}`]);
  }
  assertEquals(await allOf(open("raw", pieces(utf8("ab\nx")), ["ab"]).next), [
    "echo ab",
    "stray x",
  ]);
});

Deno.test("client of raw: among others the echo is found by its bytes", PURE, async () => {
  for (const source of [pieces, drip]) {
    const { next } = open("raw", source(utf8("Hi\nabab\nc")), ["ab"], { othersMaySpeak: true });
    const replies = await allOf(next);
    const echo = replies.indexOf("echo ab");
    const others = (some: string[], type: string) =>
      some.map((it) => it.replace(type, "")).join("");
    assertEquals(others(replies.slice(0, echo), "notice "), "Hi\nab");
    assertEquals(others(replies.slice(echo + 1), "broadcast another client "), "c");
  }
});
