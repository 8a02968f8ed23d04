/** What a hostile peer in the room, or a hostile broker, can do to a server: nothing without a bound. */
import { NatsLink } from "../../lib/net/nats.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { Relay, type RoomLink } from "../../lib/server/relay.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { encodeBroadcast } from "../../lib/wire/payloads.ts";
import { encodeHeartbeat, encodeRoomMessage } from "../../lib/wire/room.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Recorder } from "../support/recorder.ts";
import { sinkTo } from "../support/sink.ts";
import { utf8 } from "../support/sources.ts";

/** A relay at a broker that the test plays. */
async function start({ maxPayload = 1_000_000 } = {}) {
  const recorder = new Recorder<ServerEvent>();
  const published: [subject: string, payload: Uint8Array][] = [];
  const receivers = new Map<string, Parameters<RoomLink["subscribe"]>[1]>();
  const closed = Promise.withResolvers<string>();
  const link: RoomLink = {
    broker: "broker",
    maxPayload,
    pendingBytes: 0,
    closed: closed.promise,
    publish: (subject, payload) => void published.push([subject, payload]),
    subscribe: (subject, receive) => void receivers.set(subject, receive),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(closed.resolve("closed")),
  };
  const relay = new Relay({
    dial: () => Promise.resolve(link),
    room: "test",
    host: "a",
    describe: () => Promise.resolve({}),
    sink: sinkTo((event) => recorder.emit(event)),
    maxMessage: 1_000,
    budget: new MemoryBudget(10_000),
  });
  let missed = 0;
  const heard: Uint8Array[] = [];
  relay.subscribe({
    deliver: ({ payload }) => void heard.push(payload),
    miss: () => {},
    missRemote: (count) => missed += count,
    notice: () => {},
  });
  const stop = new AbortController();
  const running = relay.run(stop.signal);
  await recorder.wait("room-linked");
  return {
    relay,
    recorder,
    published,
    heard,
    missed: () => missed,
    send: (node: string, payload: Uint8Array) =>
      receivers.get("echo.room.test.*")!(`echo.room.test.${node}`, payload, undefined),
    ask: (reply: string) => receivers.get("echo.status.test")!("echo.status.test", utf8(""), reply),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

const nameOf8 = (number: number) => (0x1000_0000 + number).toString(16);

Deno.test("room: ten thousand made-up servers are greeted once, not ten thousand times", async () => {
  await using room = await start();
  for (let i = 0; i < 10_000; i++) room.send(nameOf8(i), encodeHeartbeat(0, 1e9, utf8("x")));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(room.published.length <= 3, `${room.published.length}`);
});

Deno.test("room: ten thousand made-up gaps are one event and one notice", async () => {
  await using room = await start();
  for (let i = 0; i < 10_000; i++) room.send(nameOf8(0), encodeHeartbeat(3 * i, 1e9, utf8("x")));
  const { count } = await room.recorder.wait("room-missed");
  assertEquals([count, room.missed()], [29_997, 29_997]);
  assertEquals(room.recorder.all("room-missed").length, 1);
});

Deno.test("room: questions by the thousand get one answer, which is never too long", async () => {
  await using room = await start({ maxPayload: 4096 });
  for (let i = 0; i < 1_000; i++) {
    room.send(nameOf8(i), encodeHeartbeat(0, 1e9, utf8("x".repeat(64))));
  }
  for (let i = 0; i < 1_000; i++) room.ask("inbox");
  await new Promise((resolve) => setTimeout(resolve, 20));
  const answers = room.published.filter(([subject]) => subject === "inbox");
  assert(answers.every(([, { length }]) => length <= 4096));
  assert(answers.length <= 1);
});

Deno.test("room: a broker that takes nearly nothing gets nothing, and nobody hangs", async () => {
  await using room = await start({ maxPayload: 1 });
  const before = room.published.length;
  const payload = encodeBroadcast(utf8("s"), utf8("hello"));
  room.relay.publish({ kind: Kind.text, payload });
  assertEquals(room.published.length, before);
});

Deno.test("room: a server does not hear itself, also where the broker sends it its own", async () => {
  await using room = await start();
  const payload = encodeBroadcast(utf8("s"), utf8("hello"));
  for (const message of encodeRoomMessage({ kind: Kind.text, payload }, 1, 1000)) {
    room.send(room.relay.node, message);
    room.send("0000000b", message);
  }
  assertEquals(room.heard.length, 1);
});

for (
  const [name, answer, expected] of [
    ["closes at once", "", /: it closed the connection at once$/],
    ["speaks HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", /: it is no NATS server$/],
    ["never ends its first line", "INFO " + "x".repeat(100_000), /: it is no NATS server$/],
    ["says nothing", null, /: no answer within 3 s$/],
    [
      "wants TLS",
      'INFO {"tls_required": true}\r\n',
      /: it wants TLS: use tls:\/\/ instead of nats:\/\/$/,
    ],
    ["sends garbage instead of JSON", "INFO {x\r\n", /: /],
    ["sends garbage later", 'INFO {"max_payload":1000}\r\n\x00\x01garbage\r\n', /: /],
  ] as const
) {
  Deno.test(`room: a broker that ${name} is one sentence`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      using conn = await listener.accept();
      if (answer !== null) await conn.write(utf8(answer));
      if (answer !== "") await new Response(conn.readable).text().catch(() => {});
    })();
    const { log } = console;
    const printed: unknown[] = [];
    console.log = (...words: unknown[]) => void printed.push(words);
    const options = { hostname: "127.0.0.1", port: listener.addr.port, authorities: null };
    const failure = await NatsLink.connect(
      { ...options, secret: null, name: "x" },
      new AbortController().signal,
    ).then(() => null, (error: Error) => error.message);
    console.log = log;
    assertMatch(`${failure}`, expected);
    assert(!`${failure}`.includes("\n"));
    await serving.catch(() => {});
  });
}
