/** What the meter counts of a real service, against what happened to it. */
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { countIn } from "../../lib/server/buckets.ts";
import { Meter } from "../../lib/server/meter.ts";
import { addMetrics, emptyMetrics } from "../../lib/server/metrics.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { startService } from "../support/service.ts";
import { utf8 } from "../support/sources.ts";
import { afterHead, frameOf, upgradeRequest } from "../support/websocket.ts";

const PURE = { permissions: "none" } as const;

/** The reasons that were counted. */
const reasonsIn = (meter: Meter) =>
  Object.fromEntries(
    Object.entries(meter.report().metrics.closed).filter(([, count]) => count > 0),
  );

Deno.test("meter: messages, payload and sent bytes of a client, while it is there and after", async () => {
  const meter = new Meter();
  await using service = await startService({}, () => {}, meter);
  const message = encodeMsg(Kind.text, utf8("hello"));
  {
    using peer = await service.connect();
    await peer.send(message, message, message);
    for (let i = 0; i < 3; i++) await peer.hear();
    const { metrics, rows } = meter.report();
    const sentBytes = 3 * message.length;
    const counted = { messages: 3, receivedBytes: 15, sentBytes };
    assertEquals(metrics.traffic.frames, { connections: 1, ...counted });
    assertEquals(metrics.usage, {
      connections: 1,
      fromOneAddress: 1,
      bufferedBytes: 0,
      historyBytes: 3 * message.length,
    });
    assertEquals(rows.map(({ conn, dialect, messages }) => [conn, dialect, messages]), [
      [1, "frames", 3],
    ]);
    assert(countIn(metrics.writeTimes) >= 1);
    await peer.conn.closeWrite();
    assertEquals(await peer.hear(), null);
  }
  await service.recorder.wait("client-close");
  const { metrics, rows } = meter.report();
  assertEquals(metrics.traffic.frames!.messages, 3);
  assertEquals(metrics.traffic.frames!.connections, 0);
  assertEquals(metrics.traffic.frames!.sentBytes, 3 * message.length);
  assertEquals(rows, []);
  assertEquals(metrics.usage.connections, 0);
  assertEquals([metrics.accepted, reasonsIn(meter)], [1, { end: 1 }]);
  assertEquals([metrics.handshakes.ok, countIn(metrics.handshakeTimes)], [1, 1]);
});

Deno.test("meter: every connection that was accepted ends with one reason", async () => {
  const meter = new Meter();
  await using service = await startService({ maxConnections: 1 }, () => {}, meter);
  (await Deno.connect({ hostname: "::1", port: service.port })).close();
  await service.recorder.wait("connection-failed");
  {
    using _ = await service.connect();
    await service.recorder.wait("client-connect");
    using other = await service.connect();
    await other.hear();
  }
  await service.recorder.wait("client-close");
  await service.stop();
  const { metrics } = meter.report();
  assertEquals(metrics.accepted, 3);
  assertEquals(Object.values(reasonsIn(meter)).reduce((sum, count) => sum + count, 0), 3);
  assertEquals(metrics.handshakes.probe, 1);
  assertEquals(metrics.closed["over-limit"], 1);
});

Deno.test("meter: a request of HTTP is no client, a WebSocket is one", async () => {
  const meter = new Meter();
  await using service = await startService({}, () => {}, meter);
  const how = { protocols: ["http/1.1"] };
  {
    using peer = await service.connect(how);
    await peer.send(utf8("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const answer = await peer.rest();
    assertEquals(meter.report().metrics.traffic.http, {
      connections: 0,
      messages: 0,
      receivedBytes: 0,
      sentBytes: answer.length,
    });
  }
  {
    using peer = await service.connect(how);
    const frames = [frameOf({ opcode: 1, payload: "abc" }), frameOf({ opcode: 8 })];
    await peer.send(upgradeRequest("localhost"), ...frames);
    const { rest } = afterHead(await peer.rest());
    await service.recorder.wait("client-close");
    assertEquals(meter.report().metrics.traffic.websocket, {
      connections: 0,
      messages: 1,
      receivedBytes: 3,
      sentBytes: rest.length,
    });
  }
  assertEquals(meter.report().metrics.httpRequests, { 101: 1, 200: 1 });
  assertEquals(reasonsIn(meter), { end: 1, http: 1 });
});

Deno.test("meter: a client that reads nothing is shown first, as a slow one", async () => {
  const meter = new Meter();
  await using service = await startService({}, () => {}, meter);
  using _ = await service.connect();
  await service.recorder.wait("client-connect");
  using slow = await service.connect({ protocols: [] });
  const flood = new Uint8Array(1024 * 1024);
  const sending = (async () => {
    for (;;) await slow.conn.write(flood);
  })().catch(() => {});
  let rows = meter.report().rows;
  while (!rows[0]?.isSlow) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    rows = meter.report().rows;
  }
  assertEquals(rows.map(({ dialect, isSlow }) => [dialect, isSlow]), [["raw", true], [
    "frames",
    false,
  ]]);
  assert(rows[0]!.waitingBytes > 0);
  slow[Symbol.dispose]();
  await sending;
});

Deno.test("meter: the numbers of several threads are added up, new statuses included", PURE, () => {
  const [one, other] = [emptyMetrics(), emptyMetrics()];
  one.accepted = 1;
  other.accepted = 2;
  one.httpRequests = { 200: 1 };
  other.httpRequests = { 200: 1, 404: 3 };
  other.traffic.raw!.messages = 7;
  one.writeTimes.counts[2] = 5;
  other.writeTimes.counts[2] = 6;
  const sum = addMetrics(one, other);
  assertEquals([sum.accepted, sum.httpRequests], [3, { 200: 2, 404: 3 }]);
  assertEquals([sum.traffic.raw!.messages, sum.writeTimes.counts[2]], [7, 11]);
  assertEquals([one.accepted, other.accepted], [1, 2]);
});
