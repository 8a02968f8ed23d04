/**
 * `echo bench`: puts load on an echo server and measures it.
 *
 * @module
 */
import process from "node:process";
import { readAuthorities } from "../certs/pem.ts";
import { localAuthority } from "../certs/store.ts";
import { type Dial, handshakes, load, type OnTick, type Span, TICK_MS } from "../bench/load.ts";
import { html, svg } from "../bench/plot.ts";
import { describe, handshakesReport, messagesReport } from "../bench/report.ts";
import { Progress } from "../console/progress.ts";
import { Failure, reasonOf } from "../failure.ts";
import { validateIpPort } from "../net/address.ts";
import { connect, connectPlain } from "../net/connect.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import type { Command } from "./command.ts";
import { INTERRUPTED } from "./exit.ts";
import { caOption } from "./common_options.ts";
import { count, duration, file, flag, oneOf, type Option, size } from "./options.ts";
import { certsDirectory } from "./paths.ts";

/** A time that may be 0. */
const warmup: Option<number> = {
  ...duration("how long to run before measuring", 1000),
  parse: (text) => /^0(ms|s|m)?$/.test(text) ? 0 : duration("", 1000).parse(text),
};

/** A rate, or as many as possible. */
const rate: Option<number | null> = {
  ...count("messages a second over all connections; latency counts from when each is due", 1, {
    max: 1e8,
  }),
  initial: null,
  shown: "as many as come back",
};

/** Its options. */
export const options = {
  "connections": count("connections at a time", 1, { max: 100_000 }),
  "size": size("the payload of a message", 64, MAX_MESSAGE_BYTES),
  "depth": count("messages in flight on each connection", 1, { max: 100_000 }),
  "duration": duration("how long to measure", 10_000),
  "warmup": warmup,
  "rate": rate,
  "handshakes": flag("measure connections: open and close them in a loop, without messages"),
  "dialect": oneOf("the dialect; raw for foreign servers", ["frames", "raw"] as const, "frames"),
  "plain": flag("no TLS"),
  ...caOption,
  "timeout": duration("how long a connection may take", 10_000),
  "json": flag("the result as JSON"),
  "plot": file("draw latency and throughput: FILE.svg or FILE.html"),
};

/** The command. */
export const bench: Command<typeof options> = {
  usage: "echo bench HOST PORT [options]",
  summary:
    `Puts load on an echo server, checks every byte of its echoes, and measures how fast it is.
Ctrl-C ends it early, with the results so far.`,
  words: [["HOST", "the server's name or address"], ["PORT", "its port"]],
  options,

  async run({ words, options, screen, shutdown }) {
    const [host, typedPort, ...others] = words;
    if (host === undefined || typedPort === undefined || others.length > 0) {
      throw new Failure("usage", { what: "cannot start", why: "it takes HOST and PORT" });
    }
    const { hostname, port } = validateIpPort(host, typedPort, { lowestPort: 1 });
    const draw = drawerOf(options.plot);
    const { connections, size, depth, rate, dialect, timeout, duration, warmup } = options;
    const own = await localAuthority(certsDirectory());
    const given = options.ca === null ? [] : await readAuthorities(options.ca);
    const authorities = own === null ? given : [own, ...given];
    const protocols = dialect === "frames" ? [PROTOCOL] : [];
    const target = { hostname, port, timeout, signal: new AbortController().signal };
    const dial: Dial = async () => {
      if (options.plain) return await connectPlain(target);
      const { conn, protocol } = await connect({ ...target, authorities, protocols });
      if (protocol === PROTOCOL || dialect !== "frames") return conn;
      conn.close();
      const what = `cannot measure ${hostname} port ${port}`;
      const hint = "measure it with --dialect raw";
      throw new Failure("unreachable", { what, why: `it does not speak ${PROTOCOL}`, hint });
    };

    shutdown.listen();
    const progress = new Progress(screen);
    let cpu: NodeJS.CpuUsage | undefined;
    const watch: OnTick = (done, count) => {
      cpu ??= process.cpuUsage();
      progress.show(done, `${Math.round(count * 1000 / TICK_MS).toLocaleString("en-US")}/s`);
    };
    const span: Span = { connections, duration, warmup };
    const framed = dialect === "frames";
    const measuring = options.handshakes
      ? handshakes(dial, span, watch, shutdown.signal)
      : load(dial, { ...span, size, depth, rate, framed }, watch, shutdown.signal);
    const measured = await Promise.race([measuring, shutdown.forced]).finally(() => progress.end());
    if (measured === undefined) return INTERRUPTED;

    const { user, system } = process.cpuUsage(cpu);
    const context = { host: hostname, port, connections, cpuSeconds: (user + system) / 1e6 };
    const report = options.handshakes
      ? handshakesReport(context, measured)
      : messagesReport({ ...context, dialect, size, depth, rate }, measured);
    await screen.print(options.json ? JSON.stringify(report) : describe(report, measured));
    if (draw !== null) await draw.write(draw.picture(report, measured));
    return 0;
  },
};

/** Draws into a file, in the format that its name ends in. */
function drawerOf(path: string | null) {
  if (path === null) return null;
  const picture = path.endsWith(".svg") ? svg : path.endsWith(".html") ? html : null;
  if (picture === null) {
    const why = "its name ends neither in .svg nor in .html";
    throw new Failure("usage", { what: `cannot draw into "${path}"`, why });
  }
  const write = async (text: string) => {
    try {
      await Deno.writeTextFile(path, text);
    } catch (cause) {
      throw new Failure("failed", { what: `cannot write "${path}"`, why: reasonOf(cause), cause });
    }
  };
  return { picture, write };
}
