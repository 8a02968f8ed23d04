import { Failure } from "../../lib/failure.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeBroadcast, encodeCount, encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";
import { meet } from "../support/stranger.ts";

const text = (payload: string) => encodeMsg(Kind.text, utf8(payload));

async function failureOf(finished: Promise<void>): Promise<[kind: string, message: string]> {
  const { kind, message } = await assertRejects(() => finished, Failure);
  return [kind, message];
}

Deno.test("Client tells each message that it sends and each echo that comes", async () => {
  await using meeting = await meet();
  const { client, recorder, stranger } = meeting;
  await client.send(utf8("one"));
  assertEquals((await stranger.receive())?.payload, utf8("one"));
  await stranger.conn.write(text("one"));
  assertEquals((await recorder.wait("echoed")).payload, utf8("one"));
  assertEquals(recorder.events.map(({ type }) => type), ["sending", "echoed"]);
});

Deno.test("Client.end() waits for the last echo", async () => {
  await using meeting = await meet();
  const { client, recorder, stranger } = meeting;
  await client.send(utf8("one"));
  await client.send(utf8("two"));
  const ended = client.end();
  while (await stranger.receive() !== null);
  await stranger.conn.write(text("one"));
  await stranger.conn.write(text("two"));
  await stranger.conn.closeWrite();
  await ended;
  const { messages, bytes } = await recorder.wait("closed");
  assertEquals([messages, bytes], [2, 6]);
});

Deno.test("Client tells the history that quit brings", async () => {
  await using meeting = await meet();
  const { client, recorder, stranger } = meeting;
  assertEquals(await client.send(utf8("quit")), true);
  await stranger.conn.write(encodeMsg(Kind.history, encodeCount(2)));
  await stranger.conn.write(text("one"));
  await stranger.conn.write(text("two"));
  await stranger.conn.closeWrite();
  await client.finished;
  assertEquals(recorder.events.map(({ type }) => type), [
    "quitting",
    "history",
    "history-message",
    "history-message",
    "closed",
  ]);
});

Deno.test("Client tells what others say and what the server says", async () => {
  await using meeting = await meet();
  const { recorder, stranger } = meeting;
  const payload = encodeBroadcast(utf8("[::1]:9"), utf8("hi"));
  await stranger.conn.write(encodeMsg(Kind.broadcast, payload));
  await stranger.conn.write(encodeMsg(Kind.notice, utf8("Grüße")));
  const broadcast = await recorder.wait("broadcast");
  assertEquals([broadcast.sender, broadcast.payload], ["[::1]:9", utf8("hi")]);
  assertEquals((await recorder.wait("notice")).text, "Grüße");
});

Deno.test("Client finds an echo that is not what was sent", async () => {
  const short = (got: number) =>
    `only the first ${got} of 3 bytes of message 1 came back: ` +
    "it reads only once, or only as much as its buffer holds";
  const wrong = [
    ["onE", 'message 1 came back wrong: "onE", not "one": it changes letters to upper case'],
    ["two", 'message 1 came back wrong: "two", not "one"'],
    ["on", short(2)],
    ["", short(0)],
  ] as const;
  for (const [echo, how] of wrong) {
    await using meeting = await meet();
    const { client, stranger } = meeting;
    await client.send(utf8("one"));
    await stranger.conn.write(text(echo));
    assertEquals(await failureOf(client.finished), [
      "mismatch",
      `cannot rely on the stranger: ${how}`,
    ]);
  }
});

Deno.test("Client finds an echo of what was not sent", async () => {
  await using meeting = await meet();
  await meeting.stranger.conn.write(text("surprise"));
  assertEquals(await failureOf(meeting.client.finished), [
    "mismatch",
    'cannot rely on the stranger: it sent 8 bytes that nothing was sent for: "surprise"',
  ]);
});

Deno.test("Client has lost a server that closes before its time, and counts what is missing", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await client.send(utf8("one"));
  await stranger.conn.closeWrite();
  assertEquals(await failureOf(client.finished), [
    "lost",
    "lost the connection to the stranger: the server closed it, 1 message not echoed",
  ]);
});

Deno.test("Client has lost a server that owes echoes when the client has ended", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await client.send(utf8("one"));
  await client.send(utf8("two"));
  const ended = client.end();
  await stranger.conn.closeWrite();
  assertEquals(await failureOf(ended), [
    "lost",
    "lost the connection to the stranger: the server closed it too early, 2 messages not echoed",
  ]);
});

Deno.test("Client has lost a server that vanishes", async () => {
  await using meeting = await meet();
  await meeting.cable.cut();
  assertEquals(await failureOf(meeting.client.finished), [
    "lost",
    "lost the connection to the stranger: the server left without saying goodbye",
  ]);
});

Deno.test("Client has lost a server that stops inside a history", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await client.send(utf8("quit"));
  await stranger.conn.write(encodeMsg(Kind.history, encodeCount(3)));
  await stranger.conn.write(text("one"));
  await stranger.conn.closeWrite();
  assertEquals(await failureOf(client.finished), [
    "lost",
    "lost the connection to the stranger: the server closed it after 1 of 3 messages",
  ]);
});

Deno.test("Client has lost a server that closes without the history that quit asked for", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await client.send(utf8("quit"));
  await stranger.conn.closeWrite();
  assertEquals(await failureOf(client.finished), [
    "lost",
    "lost the connection to the stranger: the server closed it without the history",
  ]);
});

Deno.test("Client passes on why the server ended the connection", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await client.send(utf8("one"));
  await stranger.conn.write(encodeMsg(Kind.error, encodeError(ErrorCode.tooLarge, "too much")));
  await stranger.conn.closeWrite();
  assertEquals(await failureOf(client.finished), [
    "lost",
    "lost the connection to the stranger: the server ended it: too much, 1 message not echoed",
  ]);
});

Deno.test("Client does not wait for ever for an echo, or for the end", async () => {
  await using silent = await meet(50);
  await silent.client.send(utf8("one"));
  const why = "lost the connection to the stranger: no answer for 0.05 s";
  assertEquals(await failureOf(silent.client.finished), ["lost", `${why}, 1 message not echoed`]);
  await using open = await meet(50);
  assertEquals(await failureOf(open.client.end()), ["lost", why]);
});

Deno.test("Client refuses a message over the limit before it sends anything", async () => {
  await using meeting = await meet();
  const { client, recorder } = meeting;
  const tooLong = new Uint8Array(16 * 1024 * 1024 + 1);
  const { kind } = await assertRejects(() => client.send(tooLong), Failure, "16777217 bytes");
  assertEquals([kind, recorder.events.length], ["usage", 0]);
});

Deno.test("Client.send() rejects like `finished` once the server is gone", async () => {
  await using meeting = await meet();
  const { client, stranger } = meeting;
  await stranger.conn.write(encodeMsg(Kind.error, encodeError(ErrorCode.badFrame, "go away")));
  await stranger.conn.closeWrite();
  await failureOf(client.finished);
  const { message } = await assertRejects(() => client.send(utf8("late")), Failure);
  assertStringIncludes(message, "go away");
});
