import { BroadcastHub } from "../../lib/server/hub.ts";
import { Subscriber } from "../../lib/server/subscriber.ts";
import { encodeMsg, frames } from "../../lib/wire/frames.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { WriteQueue } from "../../lib/wire/write_queue.ts";
import { decodeBroadcast } from "../../lib/wire/payloads.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { startService } from "../support/service.ts";
import { noise, pieces } from "../support/sources.ts";

const utf8 = new TextDecoder();

Deno.test("hub: a message goes to all but its sender, which gets its echo", async () => {
  await using service = await startService({ broadcast: true });
  using speaker = await service.connect();
  using one = await service.connect();
  using two = await service.connect();
  await service.recorder.wait("client-connect", 3);
  await speaker.say("hello");
  assertEquals(await speaker.hear(), { kind: Kind.text, text: "hello" });
  for (const listener of [one, two]) {
    const { kind, payload } = (await listener.receive())!;
    const { sender, message } = decodeBroadcast(payload);
    assertEquals([kind, utf8.decode(message)], [Kind.broadcast, "hello"]);
    const { port } = (await service.recorder.wait("message")).peer;
    assertEquals(utf8.decode(sender), `[::1]:${port}`);
  }
});

Deno.test("hub: commands are not broadcast, and a client that quits gets no more broadcasts", async () => {
  await using service = await startService({ broadcast: true });
  using leaver = await service.connect();
  using listener = await service.connect();
  await service.recorder.wait("client-connect", 2);
  await leaver.say("mine", "quit");
  assertEquals((await leaver.hear())?.text, "mine");
  assertEquals((await leaver.receive())?.kind, Kind.history);
  assertEquals(await leaver.rest(), encodeMsg(Kind.text, new TextEncoder().encode("mine")));
  await leaver.conn.closeWrite();
  await service.recorder.wait("client-close");
  await listener.say("own");
  assertStringIncludes((await listener.hear())!.text, "mine");
  assertEquals(await listener.hear(), { kind: Kind.text, text: "own" }); // and no "quit" before it
});

Deno.test("hub: a history comes in one piece while others send", async () => {
  await using service = await startService({ broadcast: true });
  using quitter = await service.connect();
  using speaker = await service.connect();
  await service.recorder.wait("client-connect", 2);
  const sent = Array.from({ length: 50 }, (_, i) => encodeMsg(Kind.text, noise(20_000, i)));
  const sending = quitter.send(...sent);
  for (const _ of sent) await quitter.receive();
  await sending;
  const speaking = (async () => {
    for (let i = 0; i < 200; i++) {
      await speaker.say(`word ${i}`);
      await speaker.receive();
    }
  })();
  await quitter.say("quit");
  let message = await quitter.receive();
  while (message?.kind === Kind.broadcast) message = await quitter.receive(); // before the history
  assertEquals(message?.kind, Kind.history);
  for (let i = 0; i < sent.length; i++) {
    assertEquals((await quitter.receive())?.payload, noise(20_000, i));
  }
  assertEquals(await quitter.receive(), null);
  await speaking;
});

Deno.test("hub: a client that does not read misses messages, and is told how many", async () => {
  await using service = await startService({ broadcast: true });
  using speaker = await service.connect();
  using listener = await service.connect();
  await service.recorder.wait("client-connect", 2);
  const count = 400; // of 50 kB: more than the sockets and the queue hold
  const frame = encodeMsg(Kind.bytes, noise(50_000));
  const sending = speaker.send(...Array<Uint8Array>(count).fill(frame));
  for (let i = 0; i < count; i++) await speaker.receive();
  await sending;
  let heard = 0;
  let missed = 0;
  const reading = (async () => {
    for (;;) {
      const message = await listener.receive();
      if (message === null) break;
      if (message.kind === Kind.broadcast) heard++;
      const told = /missed (\d+) message/.exec(utf8.decode(message.payload.subarray(0, 60)));
      if (message.kind === Kind.notice && told !== null) {
        missed = Number(told[1]);
        break;
      }
    }
  })();
  // Once it reads again, it is told with the next thing that is said.
  for (let i = 0; missed === 0 && i < 1000; i++) {
    await speaker.say("and now?");
    await speaker.receive();
  }
  await reading;
  assert(missed > 0 && heard > 0, `heard ${heard}, missed ${missed}`);
  assert(heard + missed >= count, `heard ${heard}, missed ${missed} of ${count}`);
});

Deno.test("hub: a message longer than any queue reaches a client that keeps up", async () => {
  await using service = await startService({ broadcast: true });
  using speaker = await service.connect();
  using listener = await service.connect();
  await service.recorder.wait("client-connect", 2);
  const long = noise(3_000_000);
  const sending = speaker.send(encodeMsg(Kind.bytes, long));
  const { kind, payload } = (await listener.receive())!;
  assertEquals([kind, decodeBroadcast(payload).message.length], [Kind.broadcast, long.length]);
  await speaker.receive();
  await sending;
});

Deno.test("serve() without broadcast sends a message back to its sender only", async () => {
  await using service = await startService();
  using speaker = await service.connect();
  using other = await service.connect();
  await service.recorder.wait("client-connect", 2);
  await speaker.say("secret");
  await speaker.hear();
  await other.say("mine");
  assertEquals((await other.hear())?.text, "mine");
});

Deno.test("serve() with a welcome greets each client first", async () => {
  await using service = await startService({ welcome: "Grüße" });
  using peer = await service.connect();
  assertEquals(await peer.hear(), { kind: Kind.notice, text: "Grüße" });
});

Deno.test("serve() with once stops when the first client has left; a probe is no client", async () => {
  await using service = await startService({ once: true });
  const probe = await Deno.connect({ hostname: "::1", port: service.port });
  probe.close();
  assertEquals((await service.recorder.wait("connection-failed")).reason, "probe");
  using peer = await service.connect();
  using other = await service.connect();
  await service.recorder.wait("client-connect", 2);
  await peer.say("exit");
  assertEquals(await peer.hear(), null);
  await peer.conn.closeWrite();
  assertMatch((await other.hear())?.text ?? "", /shutting down/);
  assertEquals(await other.hear(), null);
  await other.conn.closeWrite();
  await service.recorder.wait("server-stop");
});

Deno.test("serve() with once serves the client whose first message came first", async () => {
  await using service = await startService({ once: true });
  using early = await service.connect();
  await service.recorder.wait("client-connect");
  using quick = await service.connect();
  await quick.say("first");
  assertEquals((await quick.hear())?.text, "first");
  await early.say("second", "exit");
  assertEquals((await early.hear())?.text, "second");
  assertEquals(await early.hear(), null);
  await early.conn.closeWrite();
  await service.recorder.wait("client-close");
  await quick.say("still here", "exit");
  assertEquals((await quick.hear())?.text, "still here");
  assertEquals(await quick.hear(), null);
  await quick.conn.closeWrite();
  await service.recorder.wait("server-stop");
});

Deno.test("hub: the notice of missed messages comes before the history, not after", async () => {
  const sent: Kind[] = [];
  const dropped: number[] = [];
  const taken = Promise.withResolvers<void>();
  const queue = new WriteQueue({
    write(bytes) {
      sent.push(bytes[4] as Kind);
      return taken.promise;
    },
    closeWrite: () => Promise.resolve(),
  });
  const subscriberOf = (queue: WriteQueue) => {
    const limits = { maxMessage: 1024 ** 2, maxHeld: 1024 ** 2 };
    const encoder = frames.open({ reader: new ByteReader(pieces()), limits });
    const onDropped = (count: number) => void dropped.push(count);
    return new Subscriber({ queue, dialect: "frames", encoder, onDropped });
  };
  const hub = new BroadcastHub(new MemoryBudget(256 * 1024 ** 2));
  const sender = subscriberOf(queue);
  const subscriber = subscriberOf(queue);
  hub.join(sender);
  hub.join(subscriber);
  for (let i = 0; i < 3; i++) hub.publish(sender, "[::1]:1", Kind.text, noise(1024 ** 2));
  hub.leave(subscriber);
  const history = queue.write(encodeMsg(Kind.history, new Uint8Array(8)));
  taken.resolve();
  await history;
  await queue.close();
  assertEquals(sent, [Kind.broadcast, Kind.notice, Kind.history]);
  assertEquals([dropped, subscriber.queuedBytes], [[2], 0]);
});
