import { encodePing, sequenceIn } from "../../lib/client/ping.ts";
import {
  interimLine,
  pingLine,
  sparkline,
  statisticsOf,
  summaryLines,
} from "../../lib/console/ping.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const peer = "[::1]:12345";

Deno.test("ping: each event is a line, as ping has them", PURE, () => {
  assertEquals(
    [
      pingLine({ type: "connected", peer, connect: 0.3, handshake: 12.5 }),
      pingLine({ type: "connected", peer, connect: 0.3, handshake: null }),
      pingLine({ type: "connected", peer, connect: null, handshake: null }),
      pingLine({ type: "echoed", sequence: 1, bytes: 64, peer, time: 0.21, isLate: false }),
      pingLine({ type: "echoed", sequence: 2, bytes: 64, peer, time: 1523, isLate: true }),
      pingLine({ type: "unanswered", sequence: 3, timeout: 2000 }),
      pingLine({ type: "disconnected", reason: "the server closed it", lost: 1 }),
      pingLine({ type: "unreachable", reason: "connection\x1b refused" }),
    ],
    [
      "connected to [::1]:12345 in 0.300 ms, TLS handshake 12.50 ms",
      "connected to [::1]:12345 in 0.300 ms",
      "sending datagrams to [::1]:12345",
      "64 bytes from [::1]:12345: seq=1 time=0.210 ms",
      "64 bytes from [::1]:12345: seq=2 time=1523.0 ms (late)",
      "seq=3: no answer within 2 s",
      "connection lost: the server closed it, 1 message lost; connecting again",
      "cannot connect: connection\\x1b refused",
    ],
  );
});

Deno.test("ping: a summary tells lost from late, and has the usual numbers", PURE, () => {
  const summary = { sent: 5, echoed: 4, late: 1, lost: 1, duration: 4_004, times: [1, 2, 3, 10] };
  assertEquals(summaryLines(summary, "localhost port 1"), [
    "--- localhost port 1 ping statistics ---",
    "5 sent, 4 echoed, 1 lost (20 %), 1 late, in 4.0 s",
    "min/avg/max/stddev 1.000/4.000/10.00/3.536 ms",
    "p50 2.000 ms   p90 10.00 ms   p99 10.00 ms",
  ]);
  assertEquals(interimLine(summary), "4/5 messages, 1 lost, min/avg/max 1.000/4.000/10.00 ms");
  const none = { sent: 1, echoed: 0, late: 0, lost: 1, duration: 1, times: [] };
  assertEquals(summaryLines(none, "a").length, 2);
  assertEquals(interimLine(none), "0/1 messages, 1 lost");
  assertEquals(statisticsOf([7]).p99, 7);
});

Deno.test("ping: bars show the last messages, and a gap where one is missing", PURE, () => {
  assertEquals(sparkline([], 10), "");
  assertEquals(sparkline([1, 8, null, 4], 10), "▂█·▅");
  assertEquals(sparkline([1, 2, 3, 8], 2), "▄█");
});

Deno.test("ping: a message has its number, whatever its size", PURE, () => {
  for (const size of [16, 64, 1000]) {
    const message = encodePing(123_456_789, size);
    assertEquals([message.length, sequenceIn(message)], [size, 123_456_789]);
  }
  assertEquals(sequenceIn(new TextEncoder().encode("ping x ...")), NaN);
});
