/** Who breaks the protocol: what it is told, what the log says, and that it costs nothing. */
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { decodeError } from "../../lib/wire/payloads.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { reset } from "../support/bad_peer.ts";
import { Cable } from "../support/cable.ts";
import type { Peer } from "../support/service.ts";
import { noise, utf8 } from "../support/sources.ts";
import { startVictim } from "../support/victim.ts";

const LIMIT = 1000;
const OK = encodeMsg(Kind.text, utf8("ok"));

/** A frame that says that its body has `length` bytes, and what comes of it. */
function lying(length: number, ...body: number[]): Uint8Array {
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, length);
  frame.set(body, 4);
  return frame;
}

interface Fault {
  name: string;
  bytes: Uint8Array;
  /** Whether it ends its side after them. */
  ends: boolean;
  reason: "bad-frame" | "too-large" | "truncated";
  code: number;
}

const FAULTS: Fault[] = [
  { name: "length 0", bytes: lying(0), ends: false, reason: "bad-frame", code: 1 },
  {
    name: "limit + 1",
    bytes: lying(LIMIT + 2, 1),
    ends: false,
    reason: "too-large",
    code: 2,
  },
  { name: "0xFFFFFFFF", bytes: lying(0xffff_ffff, 1), ends: false, reason: "too-large", code: 2 },
  { name: "unknown kind", bytes: lying(5, 0x77), ends: false, reason: "bad-frame", code: 1 },
  { name: "header cut", bytes: lying(5).subarray(0, 3), ends: true, reason: "truncated", code: 1 },
  { name: "body cut", bytes: lying(5, 1, 104), ends: true, reason: "truncated", code: 1 },
];

for (const { name, bytes, ends, reason, code } of FAULTS) {
  Deno.test(`a fault is told after the echoes before it, and ends it: ${name}`, async () => {
    await using server = await startVictim(["--max-message", `${LIMIT}B`]);
    using peer = await server.connect();
    await peer.send(OK, bytes);
    if (ends) await peer.conn.closeWrite();
    assertEquals((await peer.hear())?.text, "ok");
    const told = await peer.receive();
    assertEquals(told?.kind, Kind.error);
    assertEquals(decodeError(told!.payload).code, code);
    assertEquals(await peer.hear(), null);
    // Who stays has to leave all the same, only later.
    if (!ends && name !== FAULTS[0]!.name) await peer.conn.closeWrite();
    const { messages, detail } = await server.closed(reason);
    assertEquals([messages, new TextDecoder().decode(decodeError(told!.payload).reason)], [
      "1",
      detail ?? "",
    ]);
    await server.settled();
    await server.greet();
    const close = (await server.finish()).filter(({ event }) => event === "client-close")[0]!;
    assertEquals([close.reason, close.level, close.detail], [reason, "warn", detail!]);
  });
}

Deno.test("who resets the connection in the middle of a frame is lost, and only that", async () => {
  await using server = await startVictim();
  using cable = new Cable(server.port);
  using peer = await server.connect(["echo/1"], cable.port);
  await peer.say("hello");
  assertEquals((await peer.hear())?.text, "hello");
  await peer.send(lying(100, 1, 2, 3));
  reset(cable.far);
  const { messages, detail } = await server.closed("lost");
  assertEquals([messages, detail], ["1", "connection reset"]);
  await server.settled();
  await server.greet();
});

/** Has `peer` send a byte of a message, then one more whenever the clock of the test ticks. */
async function drip(peer: Peer, interval: number): Promise<void> {
  await peer.send(lying(1_000_000, 0));
  for (;;) {
    await peer.send(new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

Deno.test("a body that drips slower than --idle-timeout allows is not waited for", async () => {
  await using server = await startVictim(["--idle-timeout", "400ms"]);
  using peer = await server.connect();
  const dripping = assertRejects(() => drip(peer, 50), Error);
  await server.closed("idle-timeout");
  await dripping;
  await server.settled();
});

for (const dialect of ["echo/1", "raw"]) {
  Deno.test(`who says nothing for --idle-timeout has to leave: ${dialect}`, async () => {
    await using server = await startVictim(["--idle-timeout", "400ms"]);
    using peer = await server.connect(dialect === "raw" ? [] : [dialect]);
    if (dialect === "raw") {
      assertEquals(await peer.rest(), new Uint8Array());
    } else {
      const told = await peer.receive();
      assertEquals(decodeError(told!.payload).code, 4);
      assertEquals(await peer.receive(), null);
    }
    const { detail } = await server.closed("idle-timeout"); // though it has not left
    assertEquals(detail, "silent for 0.4 s");
    await server.settled();
  });
}

Deno.test("who says something within --idle-timeout may stay", async () => {
  await using server = await startVictim(["--idle-timeout", "400ms"]);
  using peer = await server.connect();
  const start = performance.now();
  for (let i = 0; performance.now() < start + 1200; i++) {
    await peer.say(`${i}`);
    assertEquals((await peer.hear())?.text, `${i}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await peer.say("exit");
  assertEquals(await peer.hear(), null);
});

Deno.test("a client that only listens may stay, as long as there is something to hear", async () => {
  await using server = await startVictim(["--broadcast", "--idle-timeout", "400ms"]);
  using listener = await server.connect();
  using peer = await server.connect();
  await server.logged("client-connect", 2);
  const start = performance.now();
  for (let i = 0; performance.now() < start + 1200; i++) {
    await peer.say(`${i}`);
    assertEquals((await peer.hear())?.text, `${i}`);
    assertEquals((await listener.receive())?.kind, Kind.broadcast);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await peer.say("exit");
  assertEquals((await listener.receive())?.kind, Kind.error); // now there is nothing to hear
  assertEquals((await server.closed("idle-timeout")).messages, "0");
});

const LIARS: [claim: string, options: string[], length: number][] = [
  ["over the limit", [], 0xffff_ffff],
  ["within it", ["--max-message", "3GiB"], 3 * 1024 ** 3],
  ["within it, and everybody has to hear it", ["--broadcast"], 16 * 1024 ** 2],
];

for (const [claim, options, length] of LIARS) {
  Deno.test(`a length costs no memory before its bytes come: 200 clients announce one ${claim}`, async () => {
    await using server = await startVictim([...options, "--max-buffered", "1MiB"]);
    const peers: Peer[] = [];
    for (let i = 0; i < 200; i++) peers.push(await server.connect());
    for (const peer of peers) await peer.send(lying(length, 0, 1, 2, 3));
    using honest = await server.connect();
    const message = encodeMsg(Kind.bytes, noise(600_000)); // with -b it needs more than half
    await Promise.all([honest.send(message), honest.receive()]);
    peers.forEach((peer) => peer[Symbol.dispose]());
    await server.settled(1);
  });
}
