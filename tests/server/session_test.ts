import type { Conn } from "../../lib/net/conn.ts";
import type { CloseReason, MessagesReceived, ServerEvent } from "../../lib/server/events.ts";
import { LocalConnectionLimiter } from "../../lib/server/limits.ts";
import { EVENT_PAYLOAD_LIMIT, SERVER_DEFAULTS } from "../../lib/server/options.ts";
import { serveClient } from "../../lib/server/session.ts";
import { IdleMonitor } from "../../lib/server/idle_monitor.ts";
import { delay, equals } from "../../lib/std.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { encodeMsg, Kind, MAX_MESSAGE_BYTES } from "../../lib/wire/frames.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Cable } from "../support/cable.ts";
import { type Peer, startService } from "../support/service.ts";
import { concat, noise, pieces, utf8 } from "../support/sources.ts";

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

Deno.test("session: who vanishes while its history goes to a file leaves no file open", async () => {
  // The resource sanitizer finds what stays.
  await using service = await startService();
  const frame = encodeMsg(Kind.bytes, noise(3000));
  await Promise.all(Array.from({ length: 30 }, async () => {
    using cable = new Cable(service.port);
    using peer = await service.connect({ port: cable.port });
    await peer.send(...Array<Uint8Array>(100).fill(frame)).catch(() => {});
    await cable.cut();
  }));
  await service.recorder.wait("client-close", 30);
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
  const { reason, detail } = await service.recorder.wait("client-close");
  assertEquals([reason, detail], ["handshake-timeout", "not done within 0.05 s"]);
  assertEquals(service.recorder.all("client-connect").length, 0);
  void conn;
});

Deno.test("session: what is not TLS is turned away with its name", async () => {
  await using service = await startService();
  using conn = await Deno.connect({ hostname: "::1", port: service.port });
  await conn.write(utf8("GET / HTTP/1.1\r\n\r\n"));
  const { reason, detail } = await service.recorder.wait("client-close");
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

/** A connection of who takes all of its echoes, and says no more than what is given. */
class Attentive implements Conn {
  readonly peer = { hostname: "::1", port: 50_512 };
  readonly name = "[::1]:50512";
  written = 0;
  readonly read: Conn["read"];

  constructor(...said: Uint8Array[]) {
    this.read = pieces(...said).read;
  }

  handshake() {
    return Promise.resolve(null);
  }

  write(bytes: Uint8Array) {
    this.written += bytes.length;
    return Promise.resolve();
  }

  closeWrite() {
    return Promise.resolve();
  }

  close() {}

  abort() {}
}

/** A connection of who takes neither an echo nor our end. */
class Immovable extends Attentive {
  readonly #over = Promise.withResolvers<never>();

  override write() {
    return this.#over.promise;
  }

  override closeWrite() {
    return this.#over.promise;
  }

  override abort() {
    this.#over.reject(new Error("aborted"));
  }
}

/** How long a client may stand still in these tests, in milliseconds. */
const STALL = 50;

/** Serves `conn`, with a sink that holds who caused an event as long as `hold` says; why it ended. */
async function endOf(
  conn: Conn,
  welcome: string | null = null,
  hold: (event: ServerEvent | MessagesReceived) => void | Promise<void> = () => {},
): Promise<CloseReason> {
  const watch = new IdleMonitor(STALL);
  let reason: CloseReason | null = null;
  await serveClient({
    conn,
    id: 1,
    options: {
      ...SERVER_DEFAULTS,
      stallTimeout: STALL,
      idleTimeout: STALL,
      welcome,
      dialect: "frames",
    },
    door: new LocalConnectionLimiter(1, 1),
    room: null,
    budget: new MemoryBudget(0),
    watch,
    emit(event) {
      if (event.type === "client-close") reason = event.reason;
      return hold(event);
    },
    stop: new AbortController().signal,
  });
  watch.close();
  return reason!;
}

Deno.test("session: who does not even take our end is sent away after the stall timeout", async () => {
  assertEquals(await endOf(new Immovable()), "slow-reader");
});

Deno.test("session: who does not take the welcome is sent away after the stall timeout", async () => {
  assertEquals(await endOf(new Immovable(), "Welcome to my server"), "slow-reader");
});

for (const held of ["messages", "message", "command"]) {
  Deno.test(`session: who waits for a sink is not taken for slow, or silent: ${held}`, async () => {
    const conn = new Attentive(
      encodeMsg(Kind.bytes, noise(EVENT_PAYLOAD_LIMIT + 1)),
      text("hello"),
      text("exit"),
    );
    const hold = ({ type }: { type: string }) => type === held ? delay(4 * STALL) : undefined;
    assertEquals(await endOf(conn, null, hold), "exit");
  });
}
