/**
 * A measurement, as text for people and as JSON for programs.
 *
 * @module
 */
import { PERCENTILES, type Summary } from "./histogram.ts";
import type { LoadOptions, Measured } from "./load.ts";

/** A report. Its numbers are of the measured time only; null where nothing was measured. */
export interface Report {
  /** The server. */
  host: string;
  /** Its port. */
  port: number;
  /** How messages were told apart; nothing with `--handshakes`. */
  dialect?: string;
  /** How many connections there were at a time. */
  connections: number;
  /** The payload of a message, in bytes. */
  size?: number;
  /** How many messages each connection had on their way. */
  depth?: number;
  /** `--rate`: messages a second, or null for as many as possible. */
  rate?: number | null;
  /** The measured time. */
  seconds: number;
  /** How many messages came back. */
  messages?: number;
  /** How many bytes of payload they had. */
  bytes?: number;
  /** Messages a second. */
  messagesPerSecond?: number | null;
  /** 10^6 bytes of payload a second, one way. */
  megabytesPerSecond?: number | null;
  /** How many messages had no echo in the end. */
  unanswered?: number;
  /** How many connections were made. */
  handshakes?: number;
  /** Connections a second. */
  handshakesPerSecond?: number | null;
  /** How long a message or a handshake took, in microseconds. */
  latency: Summary | null;
  /** The load generator's CPU time for each second; 1 is a whole core. Null with `--agents`. */
  cpuShare: number | null;
  /** Whether the load generator was the limit. */
  limited: boolean;
  /** The machines that made the load, with `--agents`. */
  agents?: AgentReport[];
  /** How long after the first of them the last one has started, in milliseconds. */
  startSkew?: number;
}

/** The part of one machine. */
export interface AgentReport {
  /** The name of its machine. */
  host: string;
  /** Messages or connections a second; null where it has sent no result. */
  perSecond: number | null;
  /** What went wrong with it, or null. */
  problem: string | null;
}

/** Above this share of its one core the load generator measures itself. */
const MAX_CPU_SHARE = 0.9;

/** The common part of both kinds of load. */
export interface Context {
  /** The server. */
  host: string;
  /** Its port. */
  port: number;
  /** How many connections there were at a time. */
  connections: number;
  /** The load generator's CPU time. */
  cpuSeconds: number;
}

/** The report of a load of messages. */
export function messagesReport(
  context: Context & Pick<LoadOptions, "size" | "depth" | "rate"> & { dialect: string },
  measured: Measured,
): Report {
  const { host, port, dialect, connections, size, depth, rate } = context;
  const { seconds, count: messages, unanswered } = measured;
  const bytes = messages * size;
  return {
    ...{ host, port, dialect, connections, size, depth, rate },
    ...{ seconds: rounded(seconds), messages, bytes, unanswered },
    messagesPerSecond: perSecond(messages, measured),
    megabytesPerSecond: perSecond(bytes / 1e6, measured),
    ...common(context, measured),
  };
}

/** The report of a load of handshakes. */
export function handshakesReport(context: Context, measured: Measured): Report {
  const { host, port, connections } = context;
  const { seconds, count: handshakes } = measured;
  return {
    ...{ host, port, connections, seconds: rounded(seconds), handshakes },
    handshakesPerSecond: perSecond(handshakes, measured),
    ...common(context, measured),
  };
}

function common({ cpuSeconds }: Context, measured: Measured) {
  const { latencies } = measured;
  const latency = latencies.count > 0 ? latencies.summary() : null;
  const cpuShare = perSecond(cpuSeconds, measured);
  return { latency, cpuShare, limited: (cpuShare ?? 0) > MAX_CPU_SHARE };
}

/** Null where nothing was measured. */
function perSecond(number: number, { count, seconds }: Measured): number | null {
  return count > 0 && seconds > 0 ? rounded(number / seconds) : null;
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}

/** The report as lines, with a histogram of the latencies. */
export function describe(report: Report, measured: Measured): string {
  const { connections, size, depth, rate = null, seconds, cpuShare, limited, latency } = report;
  const what = report.handshakes === undefined
    ? `${count(connections, "connection")}, ${size} bytes, depth ${depth}, ${seconds} s`
    : `handshakes, ${connections} at a time, ${seconds} s`;
  const { unanswered } = measured;
  const missing = unanswered > 0 ? [`${count(unanswered, "message")} unanswered`] : [];
  if (latency === null) {
    return [what, "", ...["nothing measured", ...missing].map(indent)].join("\n");
  }
  const wanted = rate === null ? "" : ` of ${grouped(rate)} wanted`;
  const rates = report.handshakes === undefined
    ? [
      `${grouped(report.messagesPerSecond!)} messages/s${wanted}`,
      `${grouped(report.megabytesPerSecond!)} MB/s`,
    ]
    : [`${grouped(report.handshakesPerSecond!)} handshakes/s`];
  const percentiles = Object.keys(PERCENTILES).map((name) =>
    `${name} ${time(latency[name as keyof Summary])}`
  );
  const agents = agentLines(report);
  const lines = [
    what,
    ...agents,
    "",
    ...[...rates, percentiles.join("   "), ...missing].map(indent),
    "",
  ];
  lines.push(...bars(measured).map(indent), "");
  const share = `${Math.round((cpuShare ?? 0) * 100)} % of a core`;
  if (agents.length > 0) return lines.slice(0, -1).join("\n");
  lines.push(
    limited
      ? `the load generator was the limit: it used ${share}`
      : `the load generator used ${share}`,
  );
  return lines.join("\n");
}

function agentLines({ agents = [], startSkew = 0 }: Report): string[] {
  if (agents.length === 0) return [];
  return [
    `${count(agents.length, "agent")}, started within ${rounded(startSkew)} ms`,
    ...agents.map(({ host, perSecond, problem }) =>
      indent(`${host}: ${problem ?? `${grouped(perSecond!)}/s`}`)
    ),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function indent(line: string): string {
  return `  ${line}`;
}

/** `1,234,567` or `12.3`: three digits at least. */
function grouped(number: number): string {
  return number >= 100 ? Math.round(number).toLocaleString("en-US") : `${number}`;
}

/** A time in microseconds, in the unit with the fewest digits. */
export function time(microseconds: number): string {
  if (microseconds < 1000) return `${digits(microseconds)} us`;
  if (microseconds < 1e6) return `${digits(microseconds / 1000)} ms`;
  return `${digits(microseconds / 1e6)} s`;
}

function digits(number: number): string {
  return number < 100 ? number.toFixed(1) : number.toFixed(0);
}

const BARS = 10;
const WIDTH = 40;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A histogram of the latencies, from the fastest to p99.9, in steps of equal ratio. */
function bars({ latencies }: Measured): string[] {
  const from = Math.max(latencies.at(0), 1);
  const to = Math.max(latencies.at(PERCENTILES["p99.9"]), from * 1.1);
  const edges = Array.from({ length: BARS + 1 }, (_, i) => from * (to / from) ** (i / BARS));
  const below = edges.map((edge) => shareBelow(latencies.at.bind(latencies), edge));
  const shares = below.slice(1).map((share, i) => share - (i === 0 ? 0 : below[i]!));
  const most = Math.max(...shares, Number.MIN_VALUE);
  return shares.map((share, i) => {
    const eighths = Math.round(share / most * WIDTH * 8);
    const bar = "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
    return `${time(edges[i + 1]!).padStart(8)}  ${bar} ${(share * 100).toFixed(1)} %`;
  });
}

/** How many of the latencies are `edge` at most, 0 to 1. */
function shareBelow(at: (percent: number) => number, edge: number): number {
  let [low, high] = [0, 100];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (at(middle) <= edge) low = middle;
    else high = middle;
  }
  return low / 100;
}
