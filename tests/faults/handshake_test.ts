/** Who connects and does not get as far as TLS. */
import { delay } from "../../lib/std.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { BadPeer, clientHello, resetAllTo } from "../support/bad_peer.ts";
import type { Peer } from "../support/service.ts";
import { utf8 } from "../support/sources.ts";
import { startVictim } from "../support/victim.ts";

const SOON = ["--handshake-timeout", "300ms"];

Deno.test("who says nothing is really disconnected after --handshake-timeout", async () => {
  await using server = await startVictim(SOON);
  using peer = await BadPeer.connect(server.port);
  assertEquals((await peer.end).error, null); // it has not left: the server has
  const { event, detail } = await server.closed("handshake-timeout");
  assertEquals([event, detail], ["connection-failed", "not done within 0.3 s"]);
  await server.settled();
  await server.greet();
  const closed = (await server.finish()).filter(({ reason }) => reason !== undefined);
  assertEquals(closed.map(({ reason }) => reason), ["handshake-timeout", "exit"]);
  assertEquals(closed[0]!.level, "warn");
});

Deno.test("who drips its ClientHello is disconnected as well", async () => {
  await using server = await startVictim(SOON);
  using peer = await BadPeer.connect(server.port);
  const dripping = peer.drip(await clientHello(), 10);
  await server.closed("handshake-timeout");
  await peer.end;
  await dripping;
  await server.settled();
});

/** The longest that a client waits for one echo, in milliseconds, until `end` settles. */
async function longestWait(peer: Peer, end: Promise<unknown>): Promise<number> {
  let isOver = false;
  end.then(() => isOver = true);
  let longest = 0;
  while (!isOver) {
    const began = performance.now();
    await peer.say("hello");
    assertEquals((await peer.hear())?.text, "hello");
    longest = Math.max(longest, performance.now() - began);
    await delay(5);
  }
  return longest;
}

const MANY = 1500;

/**
 * Peers that begin a handshake and say no more. Of so many at once some overflow the queue of a busy
 * server. The byte is sent again until it is there; a peer without one would wait for ever.
 */
function silentPeers(port: number, count: number): Promise<BadPeer>[] {
  return Array.from({ length: count }, async () => {
    const peer = await connectAgain(port);
    await peer.send(Uint8Array.of(22));
    return peer;
  });
}

/** On a busy machine the server's deadline can be over before this process has seen the connection. */
async function connectAgain(port: number): Promise<BadPeer> {
  for (;;) {
    try {
      return await BadPeer.connect(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }
}

Deno.test("1,500 silent peers keep no client waiting, not even when all are let go", async () => {
  await using server = await startVictim(["--handshake-timeout", "2s"]);
  using client = await server.connect();
  await client.say("first");
  await client.hear();
  const silent = silentPeers(server.port, MANY);
  const gone = Promise.all(silent).then((peers) => Promise.all(peers.map(({ end }) => end)));
  // One search of all descriptors for each of them took 2.3 s. A quiet machine needs 50 ms.
  const longest = await longestWait(client, gone);
  assert(longest < 1000, `an echo took ${longest} ms`);
  await client.say("exit");
  await server.settled();
  (await Promise.all(silent)).forEach((peer) => peer[Symbol.dispose]());
  const log = await server.finish();
  assertEquals(log.filter(({ reason }) => reason === "handshake-timeout").length, MANY);
});

Deno.test("a server stops at once that has a thousand silent peers", async () => {
  await using server = await startVictim();
  const silent = await Promise.all(silentPeers(server.port, 1000));
  await server.settled(1000);
  const began = performance.now();
  const log = await server.finish();
  const took = performance.now() - began;
  assert(took < 5000, `it took ${took} ms`); // --drain
  assertEquals(log.filter(({ reason }) => reason === "shutdown").length, 1000);
  await Promise.all(silent.map(({ end }) => end));
  silent.forEach((peer) => peer[Symbol.dispose]());
});

Deno.test("peers that are refused by the hundred keep no client waiting, and no descriptor", async () => {
  await using server = await startVictim(["--max-connections", "1", ...SOON]);
  using client = await server.connect();
  await client.say("first");
  await client.hear();
  const refused = Promise.all(Array.from({ length: 500 }, async () => {
    using peer = await BadPeer.connect(server.port);
    await peer.end;
  }));
  const longest = await longestWait(client, refused);
  assert(longest < 1000, `an echo took ${longest} ms`);
  await server.settled(1);
  await client.say("exit");
  const log = await server.finish();
  const count = (reason: string) => log.filter((entry) => entry.reason === reason).length;
  assertEquals([count("over-limit"), count("handshake-timeout")], [500 - 64, 64]);
});

for (const options of [[], ["--plain"]]) {
  const name = `a thousand connections that are reset at once delay nobody: ${options} `.trim();
  Deno.test(name, async () => {
    await using server = await startVictim(options);
    const { port } = server;
    for (let round = 0; round < 10; round++) {
      server.program.signal("SIGSTOP"); // so that all are gone before they are accepted
      const dial = () => Deno.connect({ hostname: "::1", port });
      const conns = await Promise.all(Array.from({ length: 100 }, dial));
      resetAllTo(port);
      conns.forEach((conn) => conn.close());
      server.program.signal("SIGCONT");
      const began = performance.now();
      if (options.length === 0) await server.greet();
      else {
        using conn = await dial();
        await conn.write(utf8("hello"));
        assertEquals(await conn.read(new Uint8Array(5)), 5);
      }
      const took = performance.now() - began;
      assert(took < 5000, `it took ${took} ms`); // half a second for each of them once
    }
    const log = await server.finish();
    assertEquals(log.filter(({ event }) => event === "accept-failed"), []);
  });
}

const ALERT = 21;
const STRANGERS: [string, Uint8Array][] = [
  ["HTTP", utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["SSH", utf8("SSH-2.0-OpenSSH_9.2\r\n")],
  ["plain text", utf8("hello\n")],
  ["zeros", new Uint8Array(1000)],
  ["noise", Uint8Array.from({ length: 5000 }, (_, i) => i * i % 251)],
  ["a record that is too long", new Uint8Array([0x16, 3, 1, 0xff, 0xff, 1, 2, 3])],
];

for (const [name, bytes] of STRANGERS) {
  Deno.test(`who speaks no TLS gets an alert, is disconnected and logged: ${name}`, async () => {
    await using server = await startVictim();
    using peer = await BadPeer.connect(server.port);
    await peer.send(bytes);
    const { detail } = await server.closed("handshake-failed");
    assert(detail !== undefined);
    const { bytes: answer } = await peer.end; // though it stays
    assertEquals(answer[0], ALERT);
    await server.settled();
    await server.greet();
    const line = (await server.finish()).find(({ reason }) => reason === "handshake-failed");
    assertMatch(line!.detail!, /TLS/);
  });
}

Deno.test("who connects and leaves is no more than a line", async () => {
  await using server = await startVictim();
  (await BadPeer.connect(server.port))[Symbol.dispose]();
  const { event, level } = await server.closed("probe");
  assertEquals([event, level], ["connection-failed", "debug"]);
  await server.greet();
});
