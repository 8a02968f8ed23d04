/**
 * Metrics in Prometheus' text format, version 0.0.4. No label holds an address.
 *
 * @module
 */
import { type Buckets, HANDSHAKE_BOUNDS, WRITE_BOUNDS } from "../server/buckets.ts";
import type { Metrics } from "../server/metrics.ts";
import type { AdminSource } from "./source.ts";

/** The media type of the format. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** All metrics as text. */
export function prometheusText(metrics: Metrics, source: AdminSource): string {
  const text = new Text();
  const { version, deno, started } = source;
  text.metric("echo_build_info", "gauge", "The version of echo and of Deno.");
  text.line("echo_build_info", 1, { version, deno });
  text.single("echo_start_time_seconds", "gauge", "When the server was started.", started / 1000);
  addConnections(text, metrics);
  addTraffic(text, metrics);
  addDatagrams(text, metrics);
  addRoom(text, metrics);
  const certificate = source.certificate();
  if (certificate !== null) {
    const help = "When the certificate in use ends.";
    const seconds = certificate.expires / 1000;
    text.single("echo_certificate_expiry_timestamp_seconds", "gauge", help, seconds);
  }
  text.single(
    "echo_log_dropped_lines_total",
    "counter",
    "Lines that the log could not keep.",
    source.droppedLogLines(),
  );
  addProcess(text, source);
  return text.toString();
}

function addConnections(text: Text, metrics: Metrics): void {
  const { accepted, closed, handshakes, handshakeTimes, traffic, acceptFailures } = metrics;
  text.metric("echo_connections", "gauge", "Clients that are connected, by dialect.");
  for (const [dialect, { connections }] of Object.entries(traffic)) {
    if (dialect !== "http") text.line("echo_connections", connections, { dialect });
  }
  const accepts = "Connections that were accepted.";
  text.single("echo_connections_accepted_total", "counter", accepts, accepted);
  text.labelled(
    "echo_connections_closed_total",
    "counter",
    "Connections that are gone, by the reason.",
    { reason: closed },
  );
  text.labelled("echo_handshakes_total", "counter", "TLS handshakes, by their result.", {
    result: handshakes,
  });
  text.histogram(
    "echo_handshake_seconds",
    "How long TLS handshakes took that succeeded.",
    handshakeTimes,
    HANDSHAKE_BOUNDS,
  );
  text.single(
    "echo_accept_failures_total",
    "counter",
    "Attempts to accept a connection that failed.",
    acceptFailures,
  );
  const faults = "Harms that --fault has done, by the fault.";
  text.labelled("echo_faults_injected_total", "counter", faults, { fault: metrics.faults });
}

function addTraffic(text: Text, metrics: Metrics): void {
  const { traffic, writeTimes, usage, broadcastDropped, httpRequests } = metrics;
  const of = (pick: "messages" | "receivedBytes" | "sentBytes") => ({
    dialect: Object.fromEntries(
      Object.entries(traffic)
        .filter(([name]) => name !== "http" || pick === "sentBytes")
        .map(([name, counts]) => [name, counts[pick]]),
    ),
  });
  const messages = "Messages that were echoed, by dialect.";
  text.labelled("echo_messages_total", "counter", messages, of("messages"));
  const received = "Bytes of payload of the messages that were echoed, by dialect.";
  text.labelled("echo_received_bytes_total", "counter", received, of("receivedBytes"));
  const sent = "All bytes that were sent, what frames them included, by dialect.";
  text.labelled("echo_sent_bytes_total", "counter", sent, of("sentBytes"));
  const writes = "How long the system took to take a write.";
  text.histogram("echo_write_seconds", writes, writeTimes, WRITE_BOUNDS);
  const dropped = "Messages of others that clients missed since they read too slowly.";
  text.single("echo_broadcast_dropped_total", "counter", dropped, broadcastDropped);
  const buffered = "Bytes that long messages hold now.";
  text.single("echo_buffered_bytes", "gauge", buffered, usage.bufferedBytes);
  const history = "Bytes that the histories of all clients have now.";
  text.single("echo_history_bytes", "gauge", history, usage.historyBytes);
  const requests = "Requests of HTTP, by the status of the answer.";
  text.labelled("echo_http_requests_total", "counter", requests, { code: httpRequests });
}

function addDatagrams(text: Text, { datagrams, rejectedDatagrams }: Metrics): void {
  text.single("echo_datagrams_total", "counter", "Datagrams that were echoed.", datagrams);
  text.labelled(
    "echo_datagrams_rejected_total",
    "counter",
    "Datagrams that were not echoed, by the reason.",
    { reason: rejectedDatagrams },
  );
}

function addRoom(text: Text, { room }: Metrics): void {
  const linked = "1 while the room is shared with other servers, else 0.";
  text.single("echo_room_linked", "gauge", linked, room.linked);
  const cuts = "How often the room was cut off from other servers.";
  text.single("echo_room_cuts_total", "counter", cuts, room.cuts);
  const missed = "Messages of other servers that did not come.";
  text.single("echo_room_missed_total", "counter", missed, room.missed);
  const rejected = "What came over the broker that no server of ours sends.";
  text.single("echo_room_rejected_total", "counter", rejected, room.rejected);
}

function addProcess(text: Text, source: AdminSource): void {
  const { residentBytes, cpuSeconds } = source.process();
  const openFiles = source.openFiles();
  const start = "When the process was started.";
  text.single("process_start_time_seconds", "gauge", start, source.started / 1000);
  const memory = "Memory of the process.";
  text.single("process_resident_memory_bytes", "gauge", memory, residentBytes);
  const cpu = "Time of all cores that the process has used.";
  text.single("process_cpu_seconds_total", "counter", cpu, cpuSeconds);
  if (openFiles === null) return;
  text.single("process_open_fds", "gauge", "Open files and sockets.", openFiles);
}

type Kind = "counter" | "gauge" | "histogram";

/** The lines of the format. */
class Text {
  readonly #lines: string[] = [];

  metric(name: string, kind: Kind, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
  }

  line(name: string, value: number, labels: Record<string, string> = {}): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    this.#lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`);
  }

  single(name: string, kind: Kind, help: string, value: number): void {
    this.metric(name, kind, help);
    this.line(name, value);
  }

  labelled(
    name: string,
    kind: Kind,
    help: string,
    values: Record<string, Record<string, number>>,
  ): void {
    this.metric(name, kind, help);
    for (const [label, counts] of Object.entries(values)) {
      for (const [text, count] of Object.entries(counts)) this.line(name, count, { [label]: text });
    }
  }

  histogram(name: string, help: string, buckets: Buckets, bounds: readonly number[]): void {
    this.metric(name, "histogram", help);
    let count = 0;
    for (const [at, bound] of [...bounds, Infinity].entries()) {
      count += buckets.counts[at]!;
      const le = bound === Infinity ? "+Inf" : `${bound}`;
      this.line(`${name}_bucket`, count, { le });
    }
    this.line(`${name}_sum`, buckets.sum);
    this.line(`${name}_count`, count);
  }

  toString(): string {
    return this.#lines.join("\n") + "\n";
  }
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
}
