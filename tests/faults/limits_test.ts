/** More than there may be: of connections, of long messages, of history, of descriptors. */
import { delay } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { decodeCount, decodeError } from "../../lib/wire/payloads.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { BadPeer } from "../support/bad_peer.ts";
import type { Peer } from "../support/service.ts";
import { noise } from "../support/sources.ts";
import { hasTool } from "../support/tools.ts";
import { startVictim, type Victim } from "../support/victim.ts";

const MIB = 1024 ** 2;

async function echoes(peer: Peer): Promise<void> {
  await peer.say("hello");
  assertEquals((await peer.hear())?.text, "hello");
}

/** That one more is told why, in the words of the log, and is not served. */
async function assertRefused(server: Victim, why: string, nth = 1): Promise<void> {
  using peer = await server.connect();
  const told = await peer.receive();
  assertEquals(told?.kind, Kind.error);
  const { code, reason } = decodeError(told!.payload);
  assertEquals([code, new TextDecoder().decode(reason)], [3, why]);
  assertEquals(await peer.receive(), null);
  await peer.conn.closeWrite();
  const { detail, level } = await server.closed("over-limit", nth);
  assertEquals([detail, level], [why, "warn"]);
}

for (const workers of [1, 2]) {
  const options = ["--workers", `${workers}`];
  Deno.test(`--max-connections holds, and who leaves makes room: ${workers} worker(s)`, async () => {
    await using server = await startVictim([...options, "--max-connections", "3"]);
    using one = await server.connect();
    using two = await server.connect();
    for (const peer of [one, two]) await echoes(peer);
    using idle = await BadPeer.connect(server.port); // who says nothing counts too
    while (server.connections() < 3) await delay(10);
    await assertRefused(server, "the server has 3 connections already");
    await assertRefused(server, "the server has 3 connections already", 2);
    await echoes(one); // the others do not notice
    await two.say("exit");
    assertEquals(await two.hear(), null);
    await server.closed("exit");
    await server.greet();
    void idle;
  });

  Deno.test(`--max-per-address holds: ${workers} worker(s)`, async () => {
    await using server = await startVictim([...options, "--max-per-address", "2"]);
    using one = await server.connect();
    using two = await server.connect();
    for (const peer of [one, two]) await echoes(peer);
    await assertRefused(server, "the server has 2 connections from your address already");
    for (const peer of [one, two]) await echoes(peer);
  });
}

Deno.test("our client says why it was refused", async () => {
  await using server = await startVictim(["--max-connections", "1"]);
  using one = await server.connect();
  await echoes(one);
  await using client = server.client("--ca", server.ca, "hello");
  assertEquals(await client.code, 3);
  assertMatch(await client.err.text, /the server ended it: the server has 1 connections already/);
});

Deno.test("of a flood that is too much, a few are told and the rest let go at once", async () => {
  await using server = await startVictim(["--max-connections", "1"]);
  using one = await server.connect();
  await echoes(one);
  const peers: BadPeer[] = [];
  for (let i = 0; i < 300; i++) peers.push(await BadPeer.connect(server.port));
  await Promise.all(peers.slice(64).map(({ end }) => end));
  while (server.connections() > 1 + 64) await delay(10);
  await echoes(one);
  peers.forEach((peer) => peer[Symbol.dispose]());
  await server.settled(1);
});

Deno.test("long messages that everybody has to hear share --max-buffered", async () => {
  await using server = await startVictim(["--broadcast", "--max-buffered", "40MiB"]);
  const frame = encodeMsg(Kind.bytes, noise(15 * MIB));
  using one = await server.connect();
  using two = await server.connect();
  for (const peer of [one, two]) await peer.send(frame.subarray(0, 14 * MIB));
  await server.greet();
  using three = await server.connect();
  const sending = three.send(frame).catch(() => {});
  const told = await three.receive();
  assertEquals([told?.kind, decodeError(told!.payload).code], [Kind.error, 3]);
  await server.closed("over-limit");
  await sending;
  assertEquals((await Promise.all([echoOf(one), one.send(frame.subarray(14 * MIB))]))[0], 15 * MIB);
  await one.say("exit");
  await server.closed("exit", 2);
  using four = await server.connect(); // there is room again
  assertEquals((await Promise.all([echoOf(four), four.send(frame)]))[0], 15 * MIB);
});

Deno.test("who announces long messages, and sends little of them, keeps no memory from others", async () => {
  await using server = await startVictim(["--max-buffered", "32MiB", "--stall-timeout", "5s"]);
  const frame = encodeMsg(Kind.bytes, noise(16 * MIB));
  const liars: Peer[] = [];
  for (let i = 0; i < 3; i++) {
    const peer = await server.connect();
    await peer.send(frame.subarray(0, MIB / 8));
    await peer.conn.read(new Uint8Array(1)); // it is being echoed
    liars.push(peer);
  }
  using peer = await server.connect();
  await peer.send(frame); // all of it before any of its echo is read
  assertEquals((await peer.receive())?.payload.length, 16 * MIB);
  liars.forEach((liar) => liar[Symbol.dispose]());
});

/** How long the echo is; what others say is passed over. */
async function echoOf(peer: Peer): Promise<number> {
  for (;;) {
    const { kind, payload } = (await peer.receive())!;
    if (kind === Kind.bytes) return payload.length;
  }
}

Deno.test("--max-history: the first messages are kept, and who quits is told how many", async () => {
  await using server = await startVictim(["--max-history", "200KiB"]);
  using peer = await server.connect();
  const texts = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(1000, "."));
  await Promise.all([
    peer.say(...texts),
    (async () => {
      for (const text of texts) assertEquals((await peer.hear())?.text, text);
    })(),
  ]);
  await peer.say("quit");
  const notice = await peer.hear();
  const [, kept] = /^only the first (\d+) of 300 messages were kept/.exec(notice!.text)!;
  const count = decodeCount((await peer.receive())!.payload);
  assertEquals(count, Number(kept));
  assert(count > 100 && count * 1005 <= 200 * 1024);
  for (const text of texts.slice(0, count)) assertEquals((await peer.hear())?.text, text);
  assertEquals(await peer.hear(), null);
});

Deno.test({
  name: "without descriptors the server waits, says so once a second, and recovers by itself",
  ignore: !hasTool("prlimit"),
  async fn() {
    await using server = await startVictim([], { within: ["prlimit", "--nofile=60:60"] });
    await server.greet();
    const peers: BadPeer[] = [];
    for (let i = 0; i < 100; i++) peers.push(await BadPeer.connect(server.port));
    const first = await server.logged("accept-failed");
    assertMatch(first.problem!, /[Tt]oo many open files/);
    const second = await server.logged("accept-failed", 2);
    const between = Date.parse(second.time!) - Date.parse(first.time!);
    assert(between >= 1000, `${between} ms`);
    assert(Number(second.count) > 0);
    peers.forEach((peer) => peer[Symbol.dispose]());
    await server.greet();
    await server.settled();
    server.program.signal("SIGTERM");
    assertEquals(await server.program.code, 0);
  },
});
