import { CLIENT_FRAMINGS } from "../../lib/client/framing.ts";
import { Truncated } from "../../lib/wire/errors.ts";
import { Kind } from "../../lib/wire/frames.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { drip, pieces, utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const { frames, lines, raw } = CLIENT_FRAMINGS;

async function sent(speech: typeof lines, text: string): Promise<Uint8Array> {
  const written: Uint8Array[] = [];
  await speech.send({ write: (bytes) => Promise.resolve(void written.push(bytes)) }, utf8(text));
  assertEquals(written.length, 1);
  return written[0]!;
}

/** All that is heard, each as its kind and text, while `owed` is due in its order. */
async function heard(
  speech: typeof lines,
  reader: ByteReader,
  owed: string[],
): Promise<[Kind, string][]> {
  const all: [Kind, string][] = [];
  for (;;) {
    const due = () => owed[0] === undefined ? undefined : utf8(owed[0]);
    const message = await speech.receive(reader, due);
    if (message === null) return all;
    if (message.kind !== Kind.notice) owed.shift();
    all.push([message.kind, new TextDecoder().decode(message.payload)]);
  }
}

Deno.test("speech: a message is one write, in each dialect", PURE, async () => {
  assertEquals(await sent(frames, "hi"), new Uint8Array([0, 0, 0, 3, Kind.text, 0x68, 0x69]));
  assertEquals(await sent(lines, "hi"), utf8("hi\n"));
  assertEquals(await sent(raw, "hi"), utf8("hi\n"));
});

Deno.test("speech in lines: what is not the echo that is due is a notice", PURE, async () => {
  for (const source of [pieces, drip]) {
    const reader = new ByteReader(source(utf8("Welcome\na\r\n[::1]:1: b\nb\nb\n")));
    assertEquals(await heard(lines, reader, ["a", "b"]), [
      [Kind.notice, "Welcome"],
      [Kind.text, "a"],
      [Kind.notice, "[::1]:1: b"],
      [Kind.text, "b"],
      [Kind.notice, "b"],
    ]);
  }
});

Deno.test("speech in raw: an echo is as long as what is due and its end", PURE, async () => {
  for (const source of [pieces, drip]) {
    const reader = new ByteReader(source(utf8("two\nlines\nother\n")));
    assertEquals(await heard(raw, reader, ["two\nlines", "12345"]), [
      [Kind.bytes, "two\nlines"],
      [Kind.bytes, "other"], // that it is not the same is for the client to say
    ]);
  }
});

Deno.test("speech in raw: an echo without its end is not whole", PURE, async () => {
  const reader = new ByteReader(pieces(utf8("ab")));
  await assertRejects(() => raw.receive(reader, () => utf8("ab")), Truncated);
});

Deno.test("speech in raw: what comes when nothing is due is a notice", PURE, async () => {
  const reader = new ByteReader(pieces(utf8("hello\n")));
  assertEquals(await heard(raw, reader, []), [[Kind.notice, "hello\n"]]);
});
