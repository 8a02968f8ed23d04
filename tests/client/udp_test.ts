import type { ClientEvent, Counts } from "../../lib/client/events.ts";
import { DatagramClient, MAX_DATAGRAM_BYTES } from "../../lib/client/udp.ts";
import { Failure } from "../../lib/failure.ts";
import { openDatagram } from "../../lib/net/datagram.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { serveDatagrams } from "../../lib/server/udp.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { Recorder } from "../support/recorder.ts";
import { delaying, doubling, type Fate, losing, Relay, unharmed } from "../support/relay.ts";
import { sinkTo } from "../support/sink.ts";
import { noise, utf8 } from "../support/sources.ts";

/** Connects a client to a server through a relay that loses, delays or repeats datagrams. */
function meet(fate: Fate, { timeout = 10_000, retries = 3 } = {}) {
  const stopping = new AbortController();
  const socket = openDatagram("127.0.0.1");
  const options = { rate: 1_000_000 };
  const sink = sinkTo(new Recorder<ServerEvent>().emit);
  const served = serveDatagrams(socket, options, sink, stopping.signal);
  const relay = new Relay(socket.port, fate);
  const recorder = new Recorder<ClientEvent>();
  const servers = [{ hostname: "127.0.0.1", port: relay.port }];
  const clientOptions = { server: "the server", servers, timeout, retries };
  const client = new DatagramClient(openDatagram("127.0.0.1"), clientOptions, recorder.emit);
  return {
    client,
    recorder,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await served;
      await relay[Symbol.asyncDispose]();
    },
  };
}

async function sendAll(client: DatagramClient, ...texts: string[]): Promise<void> {
  for (const text of texts) await client.send(utf8(text));
  await client.end();
}

const counts = (nonZero: Partial<Counts>): Counts => ({
  sent: 0,
  echoed: 0,
  lost: 0,
  retried: 0,
  duplicated: 0,
  reordered: 0,
  ...nonZero,
});

Deno.test("DatagramClient compares, reports and counts every echo", async () => {
  await using meeting = meet(unharmed);
  const { client, recorder } = meeting;
  await client.send(noise(MAX_DATAGRAM_BYTES));
  await sendAll(client, "a", "", "quit", "a");
  assertEquals(client.counts, counts({ sent: 5, echoed: 5 }));
  assertEquals(recorder.all("echoed").map(({ payload }) => payload.length), [65_507, 1, 0, 4, 1]);
  const { type: _, time: __, ...summary } = await recorder.wait("udp-summary");
  assertEquals(summary, client.counts);
});

Deno.test("DatagramClient retries lost datagrams", async () => {
  await using meeting = meet(losing(1, 3), { timeout: 200 });
  await sendAll(meeting.client, "a", "b");
  assertEquals(meeting.client.counts, counts({ sent: 2, echoed: 2, retried: 2 }));
  assertEquals(meeting.recorder.all("retrying").length, 2);
});

Deno.test("DatagramClient fails when a message stays without an echo after all tries", async () => {
  const losingB: Fate = (bytes) => bytes[0] === 0x62 ? [] : [bytes];
  await using meeting = meet(losingB, { timeout: 100, retries: 2 });
  const failure = await assertRejects(() => sendAll(meeting.client, "a", "b", "c"), Failure);
  assertEquals([failure.kind, failure.message], [
    "lost",
    "lost datagrams to the server: no echo of 1 of 3 messages in 3 tries of 0.1 s",
  ]);
  assertEquals(meeting.client.counts, counts({ sent: 3, echoed: 2, lost: 1, retried: 2 }));
  assertEquals((await meeting.recorder.wait("unanswered")).payload, utf8("b"));
});

Deno.test("DatagramClient gives up after 16 consecutive losses", async () => {
  await using meeting = meet(() => [], { timeout: 10, retries: 0 });
  const texts = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const sent = sendAll(meeting.client, ...texts);
  const failure = await assertRejects(() => sent, Failure, "no echo of 16 of");
  await meeting.client.end().catch(() => {});
  assertEquals(failure.kind, "unreachable");
});

Deno.test("DatagramClient counts a second echo as duplicated", async () => {
  await using meeting = meet(doubling(1, 2));
  await sendAll(meeting.client, "a", "b", "c");
  assertEquals(meeting.client.counts, counts({ sent: 3, echoed: 3, duplicated: 2 }));
});

Deno.test("DatagramClient counts a delayed echo as reordered, a retried one not", async () => {
  {
    await using meeting = meet(delaying(2));
    await sendAll(meeting.client, "a", "b", "c", "d");
    assertEquals(meeting.client.counts, counts({ sent: 4, echoed: 4, reordered: 1 }));
    const order = meeting.recorder.all("echoed").map(({ payload }) => payload);
    assertEquals(order, ["a", "c", "b", "d"].map(utf8));
  }
  await using meeting = meet(losing(1), { timeout: 200 });
  await sendAll(meeting.client, "a", "b");
  assertEquals(meeting.client.counts, counts({ sent: 2, echoed: 2, retried: 1 }));
});

Deno.test("DatagramClient reports a changed echo as a mismatch", async () => {
  for (
    const change of [
      (bytes: Uint8Array) => bytes.subarray(1),
      (bytes: Uint8Array) => bytes.map((byte, i) => i === 2 ? byte ^ 1 : byte),
    ]
  ) {
    await using meeting = meet((bytes) => [change(bytes)]);
    const failure = await assertRejects(() => sendAll(meeting.client, "hello"), Failure);
    assertEquals(failure.kind, "mismatch");
    assertEquals((await meeting.recorder.wait("failed")).problem, failure.message);
  }
});

Deno.test("DatagramClient rejects a message that is too long for a datagram", async () => {
  await using meeting = meet(unharmed);
  const { client, recorder } = meeting;
  const failure = await assertRejects(() => client.send(noise(MAX_DATAGRAM_BYTES + 1)), Failure);
  assertEquals([failure.kind, failure.message], [
    "usage",
    "cannot send the message: it has 65508 bytes, and a datagram holds 65507",
  ]);
  await client.end();
  assertEquals(recorder.all("sending").length, 0);
});

Deno.test("DatagramClient ignores an echo from another address, and the failure names the address", async () => {
  using server = openDatagram("127.0.0.1");
  using otherSocket = openDatagram("127.0.0.1");
  const options = { server: "the server", servers: [server], timeout: 200, retries: 0 };
  const client = new DatagramClient(openDatagram("127.0.0.1"), options, () => {});
  await client.send(utf8("hello"));
  const { bytes, from } = await server.receive();
  await otherSocket.send(bytes, from);
  const failure = await assertRejects(() => client.end(), Failure, "no echo in one try of 0.2 s");
  assertEquals(failure.hint, `the echo came from 127.0.0.1 port ${otherSocket.port}: send there`);
});

Deno.test("DatagramClient tries each of several addresses until one answers", async () => {
  using silent = openDatagram("127.0.0.1");
  using server = openDatagram("127.0.0.1");
  const options = { server: "the server", servers: [silent, server], timeout: 200, retries: 3 };
  const recorder = new Recorder<ClientEvent>();
  const client = new DatagramClient(openDatagram("127.0.0.1"), options, recorder.emit);
  const answer = async () => {
    const { bytes, from } = await server.receive();
    await server.send(bytes, from);
  };
  await Promise.all([client.send(utf8("a")), answer()]);
  await recorder.wait("echoed");
  await Promise.all([client.send(utf8("b")), answer()]);
  await client.end();
  assertEquals(client.counts, counts({ sent: 2, echoed: 2, retried: 1 }));
});
