import { equals } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/wire/message.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Cable } from "../support/cable.ts";
import { type Peer, startService } from "../support/service.ts";
import { concat, noise, utf8 } from "../support/sources.ts";

const text = (payload: string) => encodeMsg(Kind.text, utf8(payload));
const errorCode = (payload: Uint8Array) => payload[0]! << 8 | payload[1]!;

Deno.test("session: every message comes back as it was, and the event tells it", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const { conn, dialect } = await service.recorder.wait("client-connect");
  assertEquals([conn, dialect], [1, "frames"]);
  await peer.say("Hello", "Grüße 👋");
  assertEquals(await peer.hear(), { kind: Kind.text, text: "Hello" });
  assertEquals(await peer.hear(), { kind: Kind.text, text: "Grüße 👋" });
  const { payload } = await service.recorder.wait("message", 2);
  assertEquals(payload, utf8("Grüße 👋"));
});

Deno.test("session: a payload of no bytes and kind bytes is echoed", async () => {
  await using service = await startService();
  using peer = await service.connect();
  await peer.send(encodeMsg(Kind.bytes, utf8("")), encodeMsg(Kind.bytes, utf8("quit")));
  assertEquals(await peer.hear(), { kind: Kind.bytes, text: "" });
  assertEquals(await peer.hear(), { kind: Kind.bytes, text: "quit" });
});

Deno.test("session: quit brings all prior messages exactly as received, then the end", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = concat(text("one"), encodeMsg(Kind.text, noise(1000)), text("two"));
  await peer.send(sent, text("quit"));
  for (let i = 0; i < 3; i++) await peer.receive();
  assertEquals((await peer.receive())?.payload, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 3]));
  assertEquals(await peer.rest(), sent);
  await peer.conn.closeWrite();
  assertEquals((await service.recorder.wait("client-close")).reason, "quit");
  assertEquals((await service.recorder.wait("command")).command, "quit");
});

Deno.test("session: the history is of text; what came as bytes is no part of it", async () => {
  await using service = await startService();
  using peer = await service.connect();
  await peer.send(text("one"), encodeMsg(Kind.bytes, noise(1000)), text("two"), text("quit"));
  for (let i = 0; i < 3; i++) await peer.receive();
  assertEquals((await peer.receive())?.payload, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2]));
  assertEquals(await peer.rest(), concat(text("one"), text("two")));
});

Deno.test("session: the history has a message whole that came in pieces, and no bytes", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = encodeMsg(Kind.text, noise(300_000));
  const ones = encodeMsg(Kind.bytes, new Uint8Array(300_000).fill(Kind.text));
  const sending = peer.send(sent, ones, text("quit"));
  await peer.receive();
  await peer.receive();
  assertEquals((await peer.receive())?.payload, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]));
  const history = await peer.rest();
  assert(equals(history, sent), `${history.length} of ${sent.length} bytes came`);
  await sending;
});

Deno.test("session: quit at once brings an empty history", async () => {
  await using service = await startService();
  using peer = await service.connect();
  await peer.say("quit");
  assertEquals((await peer.receive())?.payload, new Uint8Array(8));
  assertEquals(await peer.receive(), null);
});

Deno.test("session: a history that memory does not hold comes back whole", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = Array.from({ length: 40 }, (_, i) => encodeMsg(Kind.text, noise(10_000, i)));
  for (const frame of sent) {
    await peer.send(frame);
    await peer.receive();
  }
  await peer.say("quit");
  await peer.receive();
  assertEquals(await peer.rest(), concat(...sent));
});

for (const [word, reason] of [["exit", "exit"], ["", "empty"]] as const) {
  Deno.test(`session: "${word}" closes, after the echoes before it`, async () => {
    await using service = await startService();
    using peer = await service.connect();
    await peer.say("before", word, "after");
    assertEquals((await peer.hear())?.text, "before");
    assertEquals(await peer.hear(), null);
    await peer.conn.closeWrite();
    const close = await service.recorder.wait("client-close");
    assertEquals([close.reason, close.messages, close.bytes], [reason, 1, 6]);
  });
}

Deno.test("session: after a half-close every echo still comes, then the end", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = Array.from({ length: 200 }, (_, i) => encodeMsg(Kind.bytes, noise(5000, i)));
  const sending = peer.send(...sent).then(() => peer.conn.closeWrite());
  assertEquals(await peer.rest(), concat(...sent));
  await sending;
  assertEquals((await service.recorder.wait("client-close")).reason, "end");
});

Deno.test("session: a client that closes cleanly has ended", async () => {
  await using service = await startService();
  using peer = await service.connect();
  await peer.conn.closeWrite();
  assertEquals(await peer.receive(), null);
  assertEquals((await service.recorder.wait("client-close")).reason, "end");
});

Deno.test("session: a client that vanishes is lost, alone", async () => {
  await using service = await startService();
  using good = await service.connect();
  using cable = new Cable(service.port);
  using bad = await service.connect({ port: cable.port });
  await bad.send(text("whole"), text("half").subarray(0, 6));
  await service.recorder.wait("message");
  await cable.cut();
  assertEquals((await service.recorder.wait("client-close")).reason, "lost");
  await good.say("still here");
  assertEquals((await good.hear())?.text, "still here");
});

Deno.test("session: a client that vanishes while its history is in a file leaves no file open", async () => {
  // The resource sanitizer finds what stays.
  await using service = await startService();
  const frame = encodeMsg(Kind.text, noise(3000));
  await Promise.all(Array.from({ length: 10 }, async () => {
    using cable = new Cable(service.port);
    using peer = await service.connect({ port: cable.port });
    const sent = peer.send(...Array<Uint8Array>(100).fill(frame)).catch(() => {});
    for (let i = 0; i < 30; i++) await peer.receive(); // 90 kB: memory holds 64 KiB of them
    await cable.cut();
    await sent;
  }));
  await service.recorder.wait("client-close", 10);
});

Deno.test("session: a cleanly ended half frame is truncated, and is told so", async () => {
  await using service = await startService();
  using peer = await service.connect();
  await peer.send(text("one"), text("half").subarray(0, 6));
  await peer.conn.closeWrite();
  assertEquals((await peer.hear())?.text, "one");
  await expectError(peer, 1, "2 of 5 bytes");
  const { reason, detail } = await service.recorder.wait("client-close");
  assertEquals([reason, detail], [
    "truncated",
    "2 of 5 bytes of a frame's body came before the end",
  ]);
});

const BAD: [name: string, bytes: Uint8Array, reason: string, code: number, says: string][] = [
  ["length 0", new Uint8Array(4), "bad-frame", 1, "length 0"],
  ["an unknown kind", new Uint8Array([0, 0, 0, 1, 9]), "bad-frame", 1, "kind 0x09"],
  ["a kind of the server's", new Uint8Array([0, 0, 0, 1, 4]), "bad-frame", 1, "kind 0x04"],
  ["a length past the limit", new Uint8Array([0, 0, 4, 2, 1]), "too-large", 2, "1025 bytes"],
  ["the longest length", new Uint8Array([255, 255, 255, 255]), "too-large", 2, "limit of 1024"],
];

for (const [name, bytes, reason, code, says] of BAD) {
  Deno.test(`session: ${name} is ${reason}, after the echoes before it, with an error`, async () => {
    await using service = await startService({ maxMessage: 1024 });
    using peer = await service.connect();
    await peer.send(text("one"), text("two"), bytes);
    assertEquals((await peer.hear())?.text, "one");
    assertEquals((await peer.hear())?.text, "two");
    await expectError(peer, code, says);
    await peer.conn.closeWrite();
    const close = await service.recorder.wait("client-close");
    assertEquals([close.reason, close.messages], [reason, 2]);
    assertStringIncludes(close.detail ?? "", says);
  });
}

Deno.test("session: a client without ALPN gets every byte back, and no commands", async () => {
  await using service = await startService();
  using peer = await service.connect({ protocols: [] });
  assertEquals((await service.recorder.wait("client-connect")).dialect, "raw");
  const sent = concat(utf8("quit\n"), noise(100_000));
  const sending = peer.send(sent).then(() => peer.conn.closeWrite());
  assertEquals(await peer.rest(), sent);
  await sending;
});

Deno.test("session: a client that never speaks is let go after the handshake timeout", async () => {
  await using service = await startService({ handshakeTimeout: 50 });
  using conn = await Deno.connect({ hostname: "::1", port: service.port });
  const { reason, detail } = await service.recorder.wait("connection-failed");
  assertEquals([reason, detail], ["handshake-timeout", "not done within 0.05 s"]);
  assertEquals(service.recorder.all("client-connect").length, 0);
  void conn;
});

Deno.test("session: what is not TLS is turned away with its name", async () => {
  await using service = await startService();
  using conn = await Deno.connect({ hostname: "::1", port: service.port });
  await conn.write(utf8("GET / HTTP/1.1\r\n\r\n"));
  const { reason, detail } = await service.recorder.wait("connection-failed");
  assertEquals([reason, detail], ["handshake-failed", "it does not speak TLS"]);
});

async function expectError(peer: Peer, code: number, says: string): Promise<void> {
  const message = await peer.receive();
  assert(message !== null, "the connection ended without an error");
  assertEquals([message.kind, errorCode(message.payload)], [Kind.error, code]);
  assertStringIncludes(new TextDecoder().decode(message.payload.subarray(2)), says);
  assertEquals(await peer.receive(), null);
}

Deno.test("session: a client may send all of a long message before it reads its echo", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = encodeMsg(Kind.text, noise(MAX_MESSAGE_BYTES));
  await peer.send(sent); // more than sockets hold
  assertEquals((await peer.receive())?.payload.length, MAX_MESSAGE_BYTES);
  const { bytes, payload } = await service.recorder.wait("message");
  assertEquals([bytes, payload.length], [MAX_MESSAGE_BYTES, 65536]);
});

Deno.test("session: the echo of a long message begins before its end has come", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = encodeMsg(Kind.bytes, noise(200_000));
  await peer.send(sent.subarray(0, 100_000));
  const begun = new Uint8Array(50_000);
  for (let got = 0; got < begun.length;) got += (await peer.conn.read(begun.subarray(got)))!;
  assertEquals(begun, sent.subarray(0, 50_000));
  await peer.conn.closeWrite();
  assertEquals((await service.recorder.wait("client-close")).reason, "truncated");
});
