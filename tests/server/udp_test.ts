import { type DatagramSocket, openDatagram } from "../../lib/net/datagram.ts";
import type { Endpoint } from "../../lib/net/address.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { serveDatagrams } from "../../lib/server/udp.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Recorder } from "../support/recorder.ts";
import { sinkTo } from "../support/sink.ts";
import { noise, utf8 } from "../support/sources.ts";

/** The service on a socket, until the end of the block. */
function serve(socket: DatagramSocket, rate = 1000) {
  const recorder = new Recorder<ServerEvent>();
  const stopping = new AbortController();
  const served = serveDatagrams(socket, { rate }, sinkTo(recorder.emit), stopping.signal);
  return {
    recorder,
    port: socket.port,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await served;
    },
  };
}

/** A socket in memory: what has come from where, and what went back. */
function scripted(...script: (Endpoint | Error)[]) {
  const sent: Endpoint[] = [];
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  const unsendable = (to: Endpoint) => to.hostname === "255.255.255.255";
  const socket: DatagramSocket = {
    hostname: "127.0.0.1",
    port: 7007,
    receive() {
      const next = script.shift();
      if (next === undefined) return closed.promise;
      if (next instanceof Error) return Promise.reject(next);
      return Promise.resolve({ bytes: utf8("x"), from: next });
    },
    send(_bytes, to) {
      if (unsendable(to)) return Promise.reject(new Error("Permission denied (os error 13)"));
      sent.push(to);
      return Promise.resolve(1);
    },
    [Symbol.dispose]: () => closed.reject(new Deno.errors.BadResource("closed")),
  };
  return { socket, sent };
}

const from = (hostname: string, port: number): Endpoint => ({ hostname, port });

Deno.test("serveDatagrams() sends each datagram back unchanged, and tells it", async () => {
  await using service = serve(openDatagram("::1"));
  using client = openDatagram("::1");
  for (const size of [0, 1, 1025, 65_507]) {
    const sent = noise(size, size);
    await client.send(sent, { hostname: "::1", port: service.port });
    const { bytes, from } = await client.receive();
    assertEquals([bytes.length, from.port], [size, service.port]);
    assert(bytes.every((byte, i) => byte === sent[i]));
  }
  const { peer, payload } = await service.recorder.wait("datagram", 2);
  assertEquals([peer, payload], [{ hostname: "::1", port: client.port }, noise(1, 1)]);
  assertEquals(service.recorder.events[0]?.type, "udp-start");
});

Deno.test("serveDatagrams() answers no privileged port, and none of its own number", async () => {
  const good = from("192.0.2.1", 1024);
  const { socket, sent } = scripted(
    from("192.0.2.1", 1023),
    from("192.0.2.1", 0),
    from("127.0.0.1", 7007),
    from("192.0.2.1", 7007), // most likely an echo service like this one
    from("127.0.0.1", 7008),
    good,
  );
  await using service = serve(socket);
  await service.recorder.wait("datagram", 2);
  assertEquals(sent, [from("127.0.0.1", 7008), good]);
  const refused = service.recorder.all("datagram-rejected");
  assertEquals(refused.map(({ peer, reason, count }) => [peer.port, reason, count]), [
    [1023, "privileged-port", 1],
    [7007, "own-port", 1],
    [7007, "own-port", 1],
  ]);
});

Deno.test("serveDatagrams() counts the addresses of one IPv6 network as one source", async () => {
  const greedy = Array.from({ length: 50 }, (_, i) => from(`2001:db8::${i + 1}`, 2000));
  const { socket, sent } = scripted(...greedy, from("2001:db8:0:1::1", 2000));
  await using service = serve(socket, 3);
  await service.recorder.wait("datagram", 4);
  assertEquals(sent.map(({ hostname }) => hostname), [
    ...["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"],
  ]);
});

Deno.test("two echo services that one forged datagram meets fall silent", async () => {
  await using one = serve(openDatagram("127.0.0.1"), 1_000_000);
  await using two = serve(openDatagram("127.0.0.1"), 1_000_000);
  // As if it came from the other one: whoever forges the source of a datagram can send this.
  const socket = openDatagram("127.0.0.1");
  const forward = async () => {
    for (;;) {
      const { bytes, from } = await socket.receive();
      await socket.send(bytes, { ...from, port: from.port === one.port ? two.port : one.port });
    }
  };
  const forwarding = forward().catch(() => {});
  await socket.send(utf8("ping"), { hostname: "127.0.0.1", port: one.port });
  // The first one has had one more.
  assertEquals((await one.recorder.wait("datagram-rejected")).reason, "loop");
  socket[Symbol.dispose]();
  await forwarding;
});

Deno.test("serveDatagrams() answers each source as often as allowed, and sums up the rest", async () => {
  const greedy = Array.from({ length: 50 }, (_, i) => from("192.0.2.1", 2000 + i)); // any port
  const { socket, sent } = scripted(...greedy, from("192.0.2.2", 2000));
  {
    await using service = serve(socket, 3);
    await service.recorder.wait("datagram", 4);
    assertEquals(sent.map(({ hostname }) => hostname), [
      ...Array(3).fill("192.0.2.1"),
      "192.0.2.2",
    ]);
    assertEquals(service.recorder.all("datagram-rejected").map(({ count }) => count), [1]);
    const { count, reason, peer } = await service.recorder.wait("datagram-rejected", 2);
    assertEquals([count, reason, peer], [46, "rate", greedy.at(-1)!]);
  }
});

Deno.test("serveDatagrams() does not let a flood from many sources fill the log", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => from(`2001:db8::${i.toString(16)}`, 53));
  const { socket } = scripted(...many, from("192.0.2.1", 2000));
  const service = serve(socket);
  await service.recorder.wait("datagram");
  await service[Symbol.asyncDispose](); // which tells what is left
  const refused = service.recorder.all("datagram-rejected");
  assertEquals(refused.length, 64 + 2);
  assertEquals(refused.reduce((sum, { count }) => sum + count, 0), 1000);
});

Deno.test("serveDatagrams() goes on after errors, and tells those that matter", async () => {
  const { socket, sent } = scripted(
    new Deno.errors.ConnectionRefused("connection refused"), // an echo met nobody
    from("255.255.255.255", 2000),
    from("255.255.255.255", 2000), // told already
    new Error("No buffer space available (os error 105)"),
    from("192.0.2.1", 2000),
  );
  await using service = serve(socket);
  await service.recorder.wait("datagram", 3);
  assertEquals(sent, [from("192.0.2.1", 2000)]);
  assertEquals(service.recorder.all("udp-failed").map(({ problem }) => problem), [
    "Permission denied (os error 13)",
    "No buffer space available (os error 105)",
  ]);
});

Deno.test("serveDatagrams() ends although a sink takes nothing", async () => {
  const { socket } = scripted(from("192.0.2.1", 2000));
  const stopping = new AbortController();
  const sink = sinkTo((event) => {
    if (event.type !== "datagram") return;
    stopping.abort();
    return new Promise<void>(() => {});
  });
  await serveDatagrams(socket, { rate: 1 }, sink, stopping.signal);
});
