/** Who sends and does not read, and who does not keep up with what others say. */
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { decodeBroadcast } from "../../lib/wire/payloads.ts";
import { delay } from "../../lib/std.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Cable } from "../support/cable.ts";
import { Program } from "../support/echo.ts";
import type { Peer } from "../support/service.ts";
import { noise } from "../support/sources.ts";
import { startVictim, type Victim } from "../support/victim.ts";

const MIB = 1024 ** 2;

/** Sends without reading until nothing more is taken, or it is disconnected; how much was taken. */
async function push(
  peer: Peer,
  piece: Uint8Array,
): Promise<{ taken(): number; over: Promise<void> }> {
  let taken = 0;
  const over = (async () => {
    for (let at = 0;; at %= piece.length) {
      const count = await peer.conn.write(piece.subarray(at));
      taken += count;
      at += count;
    }
  })().catch(() => {});
  for (let before = -1; before !== taken; await delay(200)) before = taken;
  return { taken: () => taken, over };
}

const SENDERS: [dialect: string, protocols: string[], piece: Uint8Array][] = [
  ["short frames", ["echo/1"], encodeMsg(Kind.bytes, noise(1000))],
  ["frames of 4 MiB", ["echo/1"], encodeMsg(Kind.bytes, noise(4 * MIB))],
  ["raw bytes", [], noise(MIB)],
];

for (const [dialect, protocols, piece] of SENDERS) {
  Deno.test(`who sends and never reads is held, then sent away: ${dialect}`, async () => {
    await using server = await startVictim(["--stall-timeout", "1s"]);
    await server.greet();
    using peer = await server.connect(protocols);
    const { taken, over } = await push(peer, piece);
    assert(taken() < 50 * MIB, `${taken()} bytes were taken`);
    await server.greet(); // meanwhile
    const { detail } = await server.closed("slow-reader");
    assertEquals(detail, "it read nothing for 1 s");
    await over;
    await server.settled();
    await server.greet();
    const closed = (await server.finish()).filter(({ event }) => event === "client-close");
    assertEquals(closed.map(({ reason }) => reason), ["exit", "exit", "slow-reader", "exit"]);
  });
}

Deno.test("who takes nothing and breaks TLS is lost, and its connection is not kept", async () => {
  await using server = await startVictim();
  using cable = new Cable(server.port);
  using peer = await server.connect(["echo/1"], cable.port);
  await peer.send(encodeMsg(Kind.bytes, noise(16 * MIB)).subarray(0, 12 * MIB)); // sockets hold less
  await cable.far.write(new Uint8Array(64)); // no record of TLS begins like this
  await server.closed("lost");
  await server.settled(); // though it has not left
  // Deno 2.6 waits for ever for a write that is under way when its connection is closed.
  peer.conn.close();
  await cable.over;
});

Deno.test("who reads slowly, but reads, may stay", async () => {
  await using server = await startVictim(["--stall-timeout", "2s"]);
  using peer = await server.connect();
  const message = noise(8 * MIB);
  const sending = peer.send(encodeMsg(Kind.bytes, message));
  const came: Uint8Array[] = [];
  for (let missing = message.length + 5; missing > 0;) {
    const piece = new Uint8Array(Math.min(missing, 512 * 1024));
    const count = await peer.conn.read(piece);
    assert(count !== null, "it was sent away");
    came.push(piece.subarray(0, count));
    missing -= count;
    await delay(10);
  }
  await sending;
  assertEquals((await new Blob(came as Uint8Array<ArrayBuffer>[]).bytes()).subarray(5), message);
});

Deno.test("who wants to leave, but does not take what others said before, is sent away too", async () => {
  await using server = await startVictim(["--broadcast", "--stall-timeout", "500ms"]);
  using deaf = await server.connect();
  using speaker = await server.connect();
  using listener = await server.connect();
  await server.logged("client-connect", 3);
  await sayMuch(speaker, listener);
  await deaf.say("exit");
  await server.closed("slow-reader");
  await server.settled(2);
});

Deno.test("who listens and takes nothing of what is said is sent away after --stall-timeout", async () => {
  await using server = await startVictim(["--broadcast", "--stall-timeout", "1s"]);
  using deaf = await server.connect();
  using speaker = await server.connect();
  using listener = await server.connect();
  await server.logged("client-connect", 3);
  const long = noise(8 * MIB);
  await Promise.all([
    speaker.send(encodeMsg(Kind.bytes, long)),
    speaker.receive().then((echo) => assertEquals(echo?.payload, long)),
    listener.receive().then((heard) => {
      assertEquals(decodeBroadcast(heard!.payload).message, long);
    }),
  ]);
  const { detail } = await server.closed("slow-reader");
  assertEquals(detail, "it read nothing for 1 s");
  await server.settled(2);
  void deaf;
});

/** A client in a process of its own, connected to the room and stopped (SIGSTOP). */
async function stoppedListener(server: Victim): Promise<Program> {
  const ca = server.ca;
  const args = ["client", "::1", `${server.port}`, "--style", "json", "--ca", ca];
  const client = new Program(args);
  await client.out.find(/"event":"connected"/);
  await server.logged("client-connect");
  client.signal("SIGSTOP");
  return client;
}

/** Has 120 MB be said and heard by who keeps up: more than all queues on the way hold. */
async function sayMuch(speaker: Peer, listener: Peer): Promise<void> {
  const said = noise(150_000);
  for (let i = 0; i < 800; i++) {
    await speaker.send(encodeMsg(Kind.bytes, said));
    const [echo, heard] = await Promise.all([speaker.receive(), listener.receive()]);
    assertEquals(echo?.payload, said);
    assertEquals(decodeBroadcast(heard!.payload).message, said);
  }
}

Deno.test("--slow-reader drop: a stopped listener misses messages, and it and the log are told how many", async () => {
  await using server = await startVictim(["--broadcast"]);
  await using client = await stoppedListener(server);
  using speaker = await server.connect();
  using listener = await server.connect();
  await server.logged("client-connect", 3);
  await sayMuch(speaker, listener);
  client.signal("SIGCONT");
  const [notice, count] = await client.out.find(/you were too slow and missed (\d+) messages/);
  assert(Number(count) > 0, notice);
  const heard = client.out.soFar.match(/"event":"broadcast"/g)!.length;
  assertEquals(heard + Number(count), 800);
  assertEquals((await server.logged("broadcast-dropped")).count, count);
  await client.type("exit\n");
  assertEquals(await client.code, 0);
});

Deno.test("a long broadcast reaches all clients that do not read at once", async () => {
  await using server = await startVictim(["--broadcast"]);
  const listeners: Peer[] = [];
  for (let i = 0; i < 20; i++) listeners.push(await server.connect());
  using speaker = await server.connect();
  await server.logged("client-connect", 21);
  const said = noise(15 * MIB);
  await Promise.all([speaker.send(encodeMsg(Kind.bytes, said)), speaker.receive()]);
  const heard = await Promise.all(listeners.map((listener) => listener.receive()));
  for (const it of heard) assertEquals(decodeBroadcast(it!.payload).message, said);
  listeners.forEach((listener) => listener[Symbol.dispose]());
});

Deno.test("--slow-reader evict: a stopped listener is sent away, the others hear on", async () => {
  await using server = await startVictim(["--broadcast", "--slow-reader", "evict"]);
  await using client = await stoppedListener(server);
  using speaker = await server.connect();
  using listener = await server.connect();
  await server.logged("client-connect", 3);
  await sayMuch(speaker, listener);
  const { detail } = await server.closed("slow-reader");
  assertEquals(detail, "it did not keep up with the broadcast");
  await server.settled(2);
  client.signal("SIGCONT");
  assertEquals(await client.code, 3);
});
