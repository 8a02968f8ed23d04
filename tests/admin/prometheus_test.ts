import { prometheusText } from "../../lib/admin/prometheus.ts";
import { HANDSHAKE_BOUNDS, observe } from "../../lib/server/buckets.ts";
import { emptyMetrics } from "../../lib/server/metrics.ts";
import { adminSource } from "../support/admin.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

/** Every name and label of the table in the operations page. */
const NAMES = `echo_accept_failures_total
echo_broadcast_dropped_total
echo_buffered_bytes
echo_build_info{version,deno}
echo_certificate_expiry_timestamp_seconds
echo_connections_accepted_total
echo_connections_closed_total{reason}
echo_connections{dialect}
echo_datagrams_rejected_total{reason}
echo_datagrams_total
echo_handshake_seconds_bucket{le}
echo_handshake_seconds_count
echo_handshake_seconds_sum
echo_handshakes_total{result}
echo_history_bytes
echo_http_requests_total{code}
echo_log_dropped_lines_total
echo_messages_total{dialect}
echo_received_bytes_total{dialect}
echo_room_cuts_total
echo_room_linked
echo_room_missed_total
echo_room_rejected_total
echo_sent_bytes_total{dialect}
echo_start_time_seconds
echo_write_seconds_bucket{le}
echo_write_seconds_count
echo_write_seconds_sum
process_cpu_seconds_total
process_open_fds
process_resident_memory_bytes
process_start_time_seconds`;

const metrics = { ...emptyMetrics(), httpRequests: { 200: 1 } };

Deno.test("metrics: exactly these names and labels, none with an address", PURE, () => {
  const lines = prometheusText(metrics, adminSource()).trimEnd().split("\n");
  const names = lines.filter((line) => !line.startsWith("#")).map((line) =>
    line.replace(/ \S+$/, "").replace(/="[^"]*"/g, "")
  );
  assertEquals([...new Set(names)].sort(), NAMES.split("\n").sort());
});

Deno.test("metrics: each reason is there from the start, at 0", PURE, () => {
  const text = prometheusText(metrics, adminSource());
  for (const reason of Object.keys(metrics.closed)) {
    assert(text.includes(`echo_connections_closed_total{reason="${reason}"} 0\n`), reason);
  }
});

Deno.test(
  "metrics: the buckets of a histogram count what is not longer than their bound",
  PURE,
  () => {
    const own = emptyMetrics();
    for (const seconds of [0.0005, 0.002, 60]) {
      observe(own.handshakeTimes, HANDSHAKE_BOUNDS, seconds);
    }
    const text = prometheusText(own, adminSource());
    const count = (le: string) =>
      Number(text.split(`echo_handshake_seconds_bucket{le="${le}"} `)[1]?.split("\n")[0]);
    assertEquals(["0.001", "0.0025", "10", "+Inf"].map(count), [1, 2, 2, 3]);
    assert(text.includes("echo_handshake_seconds_count 3\n"));
  },
);

Deno.test("metrics: without TLS there is no end of a certificate", PURE, () => {
  const text = prometheusText(metrics, { ...adminSource(), certificate: () => null });
  assert(!text.includes("certificate"));
});
