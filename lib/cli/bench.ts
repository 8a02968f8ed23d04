/**
 * `echo bench`: a load on an echo server, and what it takes.
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
import { count, duration, file, flag, oneOf, type Option, size } from "./options.ts";
import { certsDirectory } from "./paths.ts";

/** A time that may be none. */
const warmup: Option<number> = {
  ...duration("how long nothing is counted yet", 1000),
  parse: (text) => /^0(ms|s|m)?$/.test(text) ? 0 : duration("", 1000).parse(text),
};

/** A number a second, or as many as possible. */
const rate: Option<number | null> = {
  ...count("messages a second over all connections; latency counts from when each was due", 1, 1e8),
  initial: null,
  shown: "as many as come back",
};

/** Its options. */
export const options = {
  "connections": count("how many at a time", 1, 100_000),
  "size": size("the payload of a message", 64, MAX_MESSAGE_BYTES),
  "depth": count("messages on their way on each connection", 1, 100_000),
  "duration": duration("how long is measured", 10_000),
  "warmup": warmup,
  "rate": rate,
  "handshakes": flag("connect, and close, over and over: no messages"),
  "dialect": oneOf("what is spoken; raw for foreign servers", ["frames", "raw"] as const, "frames"),
  "plain": flag("no TLS"),
  "ca": file("trust the authority in FILE besides the system's and our own, PEM"),
  "timeout": duration("how long a connection may take to come about", 10_000),
  "json": flag("the result as JSON"),
  "plot": file("draw latency and throughput: FILE.svg or FILE.html"),
};

/** The command. */
export const bench: Command<typeof options> = {
  usage: "echo bench HOST PORT [options]",
  summary: `Puts load on an echo server, checks every byte that comes back, and says how fast it is.
Ctrl-C ends it early, with what was measured so far.`,
  words: [["HOST", "the server's name or address"], ["PORT", "its port"]],
  options,

  async run(words, options, screen, interrupt) {
    const [host, typedPort, surplus] = words;
    if (host === undefined || typedPort === undefined || surplus !== undefined) {
      throw new Failure("usage", { what: "cannot start", why: "it takes HOST and PORT" });
    }
    const { hostname, port } = validateIpPort(host, typedPort, { lowestPort: 1 });
    const draw = drawerOf(options.plot);
    const { connections, size, depth, rate, dialect, timeout, duration, warmup } = options;
    const own = await localAuthority(certsDirectory());
    const given = options.ca === null ? [] : await readAuthorities(options.ca);
    const authorities = own === null ? given : [own, ...given];
    const protocols = dialect === "frames" ? [PROTOCOL] : [];
    const wanted = { hostname, port, timeout, signal: new AbortController().signal };
    const dial: Dial = async () => {
      if (options.plain) return await connectPlain(wanted);
      const { conn, protocol } = await connect({ ...wanted, authorities, protocols });
      if (protocol === PROTOCOL || dialect !== "frames") return conn;
      conn.close();
      const what = `cannot measure ${hostname} port ${port}`;
      const hint = "measure it with --dialect raw";
      throw new Failure("unreachable", { what, why: `it does not speak ${PROTOCOL}`, hint });
    };

    interrupt.listen();
    const progress = new Progress(screen);
    let cpu: NodeJS.CpuUsage | undefined;
    const watch: OnTick = (done, count) => {
      cpu ??= process.cpuUsage();
      progress.show(done, `${Math.round(count * 1000 / TICK_MS).toLocaleString("en-US")}/s`);
    };
    const span: Span = { connections, duration, warmup };
    const framed = dialect === "frames";
    const measuring = options.handshakes
      ? handshakes(dial, span, watch, interrupt.signal)
      : load(dial, { ...span, size, depth, rate, framed }, watch, interrupt.signal);
    const measured = await Promise.race([measuring, interrupt.forced]).finally(() =>
      progress.end()
    );
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

/** How to draw into a file, by how its name ends. */
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
