import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import type { Conn } from "../../lib/net/conn.ts";
import type { Listener } from "../../lib/net/listen.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { SERVER_DEFAULTS } from "../../lib/server/options.ts";
import { serve } from "../../lib/server/server.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Recorder } from "../support/recorder.ts";
import { startService } from "../support/service.ts";
import { sinkTo } from "../support/sink.ts";
import { concat, noise } from "../support/sources.ts";

Deno.test("serve() serves many clients at once, each its own echoes", async () => {
  await using service = await startService();
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    using peer = await service.connect();
    const sent = Array.from(
      { length: 20 },
      (_, j) => encodeMsg(Kind.bytes, noise(500, i * 100 + j)),
    );
    const sending = peer.send(...sent).then(() => peer.conn.closeWrite());
    assertEquals(await peer.rest(), concat(...sent));
    await sending;
  }));
  await service.stop();
  const { connections, messages } = await service.recorder.wait("server-stop");
  assertEquals([connections, messages], [50, 1000]);
});

Deno.test("serve() tells where it listens, and numbers its connections", async () => {
  await using service = await startService();
  const { hostname, port, advertisedAddress } = await service.recorder.wait("server-start");
  assertEquals([hostname, port, advertisedAddress], ["::1", service.port, "::1"]);
  using first = await service.connect();
  using second = await service.connect();
  await first.say("a");
  await second.say("b");
  await service.recorder.wait("message", 2);
  const numbers = service.recorder.all("client-connect").map(({ conn }) => conn);
  assertEquals(numbers.sort(), [1, 2]);
});

Deno.test("serve(), told to stop, tells its clients and finishes what is in flight", async () => {
  await using service = await startService();
  using peer = await service.connect();
  const sent = Array.from({ length: 100 }, (_, i) => encodeMsg(Kind.bytes, noise(20_000, i)));
  await peer.say("first");
  await peer.hear();
  const sending = peer.send(...sent);
  const stopped = service.stop();
  let echoed = 0;
  let notice = "";
  for (;;) {
    const message = await peer.receive();
    if (message === null) break;
    if (message.kind === Kind.notice) notice = new TextDecoder().decode(message.payload);
    else assertEquals(message.payload, noise(20_000, echoed++));
  }
  await sending;
  await peer.conn.closeWrite();
  await stopped;
  assertEquals([echoed, notice], [100, "the server is shutting down"]);
  assertEquals((await service.recorder.wait("client-close")).reason, "shutdown");
  assertEquals(service.recorder.events.at(-1)?.type, "server-stop");
});

Deno.test("serve(), told to stop, waits no longer than the drain for a client that stays", async () => {
  await using service = await startService({ drain: 200 });
  using peer = await service.connect();
  await service.recorder.wait("client-connect");
  await service.stop(); // the peer neither reads nor closes
  assertEquals((await service.recorder.wait("client-close")).reason, "shutdown");
  void peer;
});

Deno.test("serve(), told to stop, does not wait for a handshake", async () => {
  await using service = await startService();
  using conn = await Deno.connect({ hostname: "::1", port: service.port });
  using peer = await service.connect(); // accepted after the one above
  await service.recorder.wait("client-connect");
  peer.conn.close();
  await service.stop();
  const reasons = service.recorder.all("connection-failed").map(({ reason }) => reason);
  assertEquals(reasons, ["shutdown"]);
  void conn;
});

/** A listener that brings what `accept` says. */
function listenerOf(accept: () => Promise<Conn>): Listener {
  const at = { hostname: "::1", port: 1, advertisedAddress: "::1", noDelay: true };
  return { ...at, accept, renew: () => Promise.resolve(), close() {} };
}

Deno.test("serve() goes on when accepts fail, and tells how many once a second", async () => {
  const stopping = new AbortController();
  const recorder = new Recorder<ServerEvent>();
  let accepts = 0;
  const listener = listenerOf(() => {
    // The clock of the test: an accept every 10 ms at first, then at most every 500.
    if (recorder.all("accept-failed").length === 2) stopping.abort();
    accepts++;
    return Promise.reject(new Error("too many open files"));
  });
  await serve(listener, SERVER_DEFAULTS, sinkTo(recorder.emit), stopping.signal);
  const [first, second] = recorder.all("accept-failed");
  assertEquals([first?.problem, first?.count], ["too many open files", 1]);
  assertEquals([second?.problem, second?.count], ["too many open files", accepts - 2]);
  assert(accepts > 4);
  assertEquals(recorder.events.at(-1)?.type, "server-stop");
});

Deno.test("serve() accepts at once after connections that were gone before", async () => {
  const stopping = new AbortController();
  const recorder = new Recorder<ServerEvent>();
  const gone = [
    new Deno.errors.ConnectionAborted("os error 103"),
    new Deno.errors.ConnectionReset("os error 104"),
    new Deno.errors.NotConnected("os error 107"),
  ];
  const listener = listenerOf(() => {
    const error = gone.shift();
    if (error === undefined) stopping.abort();
    return Promise.reject(error ?? new Deno.errors.BadResource());
  });
  await serve(listener, SERVER_DEFAULTS, sinkTo(recorder.emit), stopping.signal);
  assertEquals(recorder.events.map(({ type }) => type), ["server-start", "server-stop"]);
});

Deno.test("serve(): a session that rejects ends its own connection only, and is told", async () => {
  await using service = await startService({}, (event) => {
    // No sink does this. It stands for any fault of ours in the end of a session.
    if (event.type === "client-close") throw new Error("it is broken");
  });
  for (let nth = 1; nth <= 2; nth++) {
    using peer = await service.connect();
    await peer.say("hello");
    assertEquals((await peer.hear())?.text, "hello");
    await peer.say("exit");
    const { problem } = await service.recorder.wait("internal-error", nth);
    assertEquals(problem, "it is broken");
  }
});
