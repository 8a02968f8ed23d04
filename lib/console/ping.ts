/**
 * How `echo ping` looks: as ping does where people know it.
 *
 * @module
 */
import type { PingEvent, PingSummary } from "../client/ping.ts";
import { safeText } from "../text/escape.ts";

/** The line for an event. */
export function pingLine(event: PingEvent): string {
  switch (event.type) {
    case "connected": {
      const { peer, connect, handshake } = event;
      if (connect === null) return `sending datagrams to ${peer}`;
      const tls = handshake === null ? "" : `, TLS handshake ${ms(handshake)}`;
      return `connected to ${peer} in ${ms(connect)}${tls}`;
    }
    case "echoed": {
      const { sequence, bytes, peer, time, isLate } = event;
      return `${bytes} bytes from ${peer}: seq=${sequence} time=${ms(time)}${
        isLate ? " (late)" : ""
      }`;
    }
    case "unanswered":
      return `seq=${event.sequence}: no answer within ${event.timeout / 1000} s`;
    case "disconnected": {
      const { reason, lost } = event;
      const messages = lost === 0 ? "" : `, ${lost} ${lost === 1 ? "message" : "messages"} lost`;
      return `connection lost: ${safeText(reason)}${messages}; connecting again`;
    }
    case "unreachable":
      return `cannot connect: ${safeText(event.reason)}`;
  }
}

/** The lines at the end; `name` is the server as it was typed. */
export function summaryLines(summary: PingSummary, name: string): string[] {
  const { sent, echoed, late, lost, duration, times } = summary;
  const share = sent === 0 ? 0 : Math.round(1000 * lost / sent) / 10;
  const lines = [
    `--- ${safeText(name)} ping statistics ---`,
    `${sent} sent, ${echoed} echoed, ${lost} lost (${share} %), ${late} late, in ${
      (duration / 1000).toFixed(1)
    } s`,
  ];
  if (times.length === 0) return lines;
  const { min, avg, max, stddev, p50, p90, p99 } = statisticsOf(times);
  lines.push(
    `min/avg/max/stddev ${[min, avg, max, stddev].map(digits).join("/")} ms`,
    `p50 ${ms(p50)}   p90 ${ms(p90)}   p99 ${ms(p99)}`,
  );
  return lines;
}

/** One line in between, as ping prints it on Ctrl-\. */
export function interimLine({ sent, echoed, lost, times }: PingSummary): string {
  if (times.length === 0) return `${echoed}/${sent} messages, ${lost} lost`;
  const { min, avg, max } = statisticsOf(times);
  return `${echoed}/${sent} messages, ${lost} lost, min/avg/max ${
    [min, avg, max].map(digits).join("/")
  } ms`;
}

/** The numbers of a summary, for programs too. Times are in milliseconds. */
export function statisticsOf(times: readonly number[]): Record<
  "min" | "avg" | "max" | "stddev" | "p50" | "p90" | "p99",
  number
> {
  const sorted = times.toSorted((a, b) => a - b);
  const avg = sorted.reduce((sum, time) => sum + time, 0) / sorted.length;
  const variance = sorted.reduce((sum, time) => sum + (time - avg) ** 2, 0) / sorted.length;
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return {
    min: sorted[0]!,
    avg,
    max: sorted.at(-1)!,
    stddev: Math.sqrt(variance),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
  };
}

const BARS = "▁▂▃▄▅▆▇█";

/** The times of the last messages as bars, the longest the highest; a gap is a lost one. */
export function sparkline(times: readonly (number | null)[], width: number): string {
  const shown = times.slice(-width);
  const max = Math.max(...shown.map((time) => time ?? 0), 0.001);
  return shown.map((time) =>
    time === null ? "·" : BARS[Math.min(BARS.length - 1, Math.floor(time / max * BARS.length))]
  ).join("");
}

function ms(time: number): string {
  return `${digits(time)} ms`;
}

/** Three digits, as ping has them. */
function digits(time: number): string {
  return time < 10 ? time.toFixed(3) : time < 100 ? time.toFixed(2) : time.toFixed(1);
}
