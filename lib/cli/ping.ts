/**
 * `echo ping`: one small message a second, and how long each takes.
 *
 * @module
 */
import { MIN_PING_BYTES, Pinger, type PingEvent, type PingLink } from "../client/ping.ts";
import { pingDatagrams, pingOver } from "../client/ping_links.ts";
import { upgradeToWebSocket } from "../client/upgrade.ts";
import { interimLine, pingLine, sparkline, statisticsOf, summaryLines } from "../console/ping.ts";
import type { Screen } from "../console/screen.ts";
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import type { Conn } from "../net/conn.ts";
import { connect, connectPlain } from "../net/connect.ts";
import { resolveUdp } from "../net/datagram.ts";
import { jsonLine } from "../text/escape.ts";
import { formatHostPort } from "../text/host_port.ts";
import { dialectFor, type DialectName, DIALECTS } from "../wire/dialect.ts";
import { authoritiesOf } from "./authorities.ts";
import type { Command } from "./command.ts";
import { caOption, pinOption } from "./common_options.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { count, dialect, duration, flag, type Option, size, type Values } from "./options.ts";
import { hostAndPortIn } from "./target.ts";
import { onQuit } from "./shutdown.ts";
import { pinnedTo } from "./trust.ts";

/** How many messages the line at the bottom of a terminal shows. */
const MAX_BARS = 60;

/** Its options. */
export const options = {
  "interval": duration("the time from one message to the next", 1_000),
  "count": {
    ...count("stop after N messages", 1, { max: 1e9 }),
    initial: null,
    shown: null,
  } as Option<
    number | null
  >,
  "size": size("the bytes of a message", 64, 64 * 1024),
  "dialect": dialect("frames, or raw with --plain"),
  "plain": flag("no TLS: for echo servers written by hand"),
  "udp": flag("send datagrams (RFC 862), which may be lost"),
  ...caOption,
  ...pinOption,
  "timeout": duration("after this time an echo is late, and a datagram lost", 2_000),
  "json": flag("one line of JSON for each event, and the summary"),
};

type PingValues = Values<typeof options>;

/** The command. */
export const ping: Command<typeof options> = {
  usage: "echo ping HOST PORT [options]",
  summary: `Sends a small message a second and prints how long each echo takes. Ctrl-C ends it
with a summary; Ctrl-\\ prints a line in between. It connects again where it has to.`,
  words: [["HOST", "the server's name or address"], ["PORT", "its port"]],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    const endpoint = hostAndPortIn(words);
    if (options.size < MIN_PING_BYTES) {
      const why = `a message has its number, and ${MIN_PING_BYTES} bytes at least`;
      throw new Failure("usage", { what: `cannot use --size ${options.size}`, why });
    }
    shutdown.listen();
    const name = `${endpoint.hostname} port ${endpoint.port}`;
    const open = await openerOf(endpoint, options);
    using shown = showing(screen, options.json);
    const pinger = new Pinger({ open, ...options }, shown.emit);
    using _quit = onQuit(() => void screen.printDiagnostic(interimLine(pinger.summary())));
    const running = pinger.run(shutdown.signal);
    const forced = shutdown.forced.then(() => "forced" as const);
    try {
      if (await Promise.race([running, forced]) === "forced") return INTERRUPTED;
    } finally {
      shown[Symbol.dispose]();
      const summary = pinger.summary();
      if (summary.sent > 0) await screen.print(closing(summary, name, options.json));
    }
    const { sent, echoed } = pinger.summary();
    return sent === 0 || echoed > 0 ? 0 : 3;
  },
};

function closing(
  summary: ReturnType<Pinger["summary"]>,
  name: string,
  isJson: boolean,
): string {
  if (!isJson) return ["", ...summaryLines(summary, name)].join("\n");
  const { times, ...counts } = summary;
  const statistics = times.length === 0 ? null : statisticsOf(times);
  return jsonLine({ type: "summary", ...counts, statistics });
}

/** Prints events; on a terminal a line of bars stays below them. */
function showing(screen: Screen, isJson: boolean) {
  const times: (number | null)[] = [];
  const bars = () => screen.write(`\r\x1b[K${sparkline(times, MAX_BARS)}`);
  const prompt = { hide: () => screen.write("\r\x1b[K"), show: bars };
  if (screen.isTerminal && !isJson) screen.setPrompt(prompt);
  return {
    emit(event: PingEvent) {
      if (event.type === "echoed") times.push(event.time);
      if (event.type === "unanswered") times.push(null);
      if (times.length > MAX_BARS) times.shift();
      void screen.print(isJson ? jsonLine(event) : pingLine(event));
    },
    [Symbol.dispose]() {
      if (screen.isTerminal && !isJson) prompt.hide();
      screen.setPrompt(null);
    },
  };
}

/** What opens the way that the options ask for. */
async function openerOf(
  { hostname, port }: Endpoint,
  { udp, plain, ca, pin, timeout, dialect }: PingValues,
): Promise<() => Promise<PingLink>> {
  if (udp) {
    return async () => {
      const { socket, servers } = await resolveUdp(hostname, port);
      return pingDatagrams(socket, servers[0]!);
    };
  }
  const name: DialectName = dialect === "auto" ? (plain ? "raw" : "frames") : dialect;
  const { alpn } = DIALECTS[name];
  const authorities = await authoritiesOf(ca);
  const server = `${hostname} port ${port}`;
  const { signal } = new AbortController();
  const protocols = alpn === null ? [] : [alpn];
  const looked = { hostname, port, timeout: Math.max(timeout, 2_000), signal };
  const via = pin === null || plain
    ? connect
    : await pinnedTo({ ...looked, authorities, protocols }, pin);
  return async () => {
    const begun = performance.now();
    let connected = begun;
    const onConnected = () => connected = performance.now();
    const target = { ...looked, onConnected };
    let conn: Conn;
    let agreed = name;
    if (plain) conn = await connectPlain(target);
    else {
      const { conn: tls, protocol } = await via({ ...target, authorities, protocols });
      conn = tls;
      // A foreign server speaks no frames: its bytes are compared as they are.
      if (dialect === "auto") agreed = dialectFor(protocol).name as DialectName;
    }
    const handshake = plain ? null : performance.now() - connected;
    const upgrade = { host: formatHostPort({ hostname, port }), target: "/", server, timeout };
    const ready = agreed === "websocket" ? await upgradeToWebSocket(conn, upgrade) : conn;
    return pingOver(ready, server, agreed, { connect: connected - begun, handshake });
  };
}
