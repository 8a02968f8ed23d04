/** Who connects and does not get as far as TLS. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { BadPeer, clientHello } from "../support/bad_peer.ts";
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

Deno.test("500 who say nothing keep nobody from being served, and are all let go", async () => {
  await using server = await startVictim(["--handshake-timeout", "6s"]);
  const peers = await Promise.all(
    Array.from({ length: 500 }, () => BadPeer.connect(server.port)),
  );
  await server.settled(500);
  await server.greet();
  assert(server.connections() >= 500); // they were there all the time
  await Promise.all(peers.map(({ end }) => end));
  await server.settled();
  await server.greet();
  peers.forEach((peer) => peer[Symbol.dispose]());
  const log = await server.finish();
  assertEquals(log.filter(({ reason }) => reason === "handshake-timeout").length, 500);
});

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
