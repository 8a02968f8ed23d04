/**
 * `echo bench`: puts load on an echo server and measures it.
 *
 * @module
 */
import process from "node:process";
import { handshakes, load, type Measured, type OnTick, type Span, TICK_MS } from "../bench/load.ts";
import { html, svg } from "../bench/plot.ts";
import { describe, handshakesReport, messagesReport } from "../bench/report.ts";
import { Progress } from "../console/progress.ts";
import { Failure, reasonOf } from "../failure.ts";
import { jsonLine } from "../text/escape.ts";
import { MAX_MESSAGE_BYTES } from "../wire/message.ts";
import { dialerOf } from "./bench_dialer.ts";
import type { Command, Invocation } from "./command.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { caOption, pinOption } from "./common_options.ts";
import { count, duration, file, flag, oneOf, type Option, size, type Values } from "./options.ts";
import { hostAndPortIn } from "./target.ts";
import { roomOption } from "./room_address.ts";

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

/** Those that a load can have. */
const DIALECTS = ["frames", "raw", "websocket"] as const;

/** Its options. */
export const options = {
  "connections": count("connections at a time", 1, { max: 100_000 }),
  "size": size("the payload of a message", 64, MAX_MESSAGE_BYTES),
  "depth": count("messages in flight on each connection", 1, { max: 100_000 }),
  "duration": duration("how long to measure", 10_000),
  "warmup": warmup,
  "rate": rate,
  "handshakes": flag("measure connections: open and close them in a loop, without messages"),
  "dialect": oneOf("the dialect; raw for foreign servers", DIALECTS, "frames"),
  "plain": flag("no TLS"),
  ...caOption,
  ...pinOption,
  "timeout": duration("how long a connection may take, and the last echoes", 10_000),
  "json": flag("the result as JSON"),
  "plot": file("draw latency and throughput: FILE.svg or FILE.html"),
  "agents": {
    ...count("the load comes from N machines, each as the options say", 1, { max: 1000 }),
    initial: null,
    shown: null,
  } as Option<number | null>,
  "agent": flag("be one of these machines, until Ctrl-C"),
  "via": {
    ...roomOption,
    help: "with --agents and --agent: where they meet, nats://HOST[:PORT]/NAME",
  },
  "room-ca": file("with tls:// in --via: trust the authority in FILE too, PEM"),
  "room-secret": file("a file with what the broker wants: an nkey seed, user:password, a token"),
};

/** The values of them. */
export type BenchValues = Values<typeof options>;

/** The command. */
export const bench: Command<typeof options> = {
  usage: "echo bench HOST PORT [options]",
  summary:
    `Puts load on an echo server, checks every byte of its echoes, and measures how fast it is.
Ctrl-C ends it early, with the results so far.`,
  words: [["HOST", "the server's name or address"], ["PORT", "its port"]],
  options,

  async run(invocation) {
    const { options, screen } = invocation;
    try {
      return await run(invocation);
    } catch (error) {
      // A program that reads JSON gets JSON, also where there is no report.
      if (options.json && error instanceof Failure && !(error instanceof BadReport)) {
        await screen.print(jsonLine({ error: error.message }));
      }
      throw error;
    }
  },
};

/** The report is printed, and says what is wrong. */
class BadReport extends Failure {}

async function run(invocation: Invocation<typeof options>): Promise<ExitCode> {
  const { words, options, screen, shutdown } = invocation;
  if (options.agent || options.agents !== null) return await runWithAgents(invocation);
  const { hostname, port } = hostAndPortIn(words);
  const draw = await drawerOf(options.plot);
  const { connections, size, depth, rate, dialect, timeout, duration, warmup } = options;
  const dial = await dialerOf(hostname, port, options);
  shutdown.listen();
  const progress = new Progress(screen);
  let cpu: NodeJS.CpuUsage | undefined;
  const watch: OnTick = (done, count) => {
    cpu ??= process.cpuUsage();
    progress.show(done, `${Math.round(count * 1000 / TICK_MS).toLocaleString("en-US")}/s`);
  };
  const span: Span = { connections, duration, warmup };
  const measuring = options.handshakes
    ? handshakes(dial, span, watch, shutdown.signal)
    : load(dial, { ...span, size, depth, rate, dialect, timeout }, watch, shutdown.signal);
  const measured = await Promise.race([measuring, shutdown.forced]).finally(() => progress.end());
  if (measured === undefined) return INTERRUPTED;

  const { user, system } = process.cpuUsage(cpu);
  const context = { host: hostname, port, connections, cpuSeconds: (user + system) / 1e6 };
  const report = options.handshakes
    ? handshakesReport(context, measured)
    : messagesReport({ ...context, dialect, size, depth, rate }, measured);
  const problem = problemOf(measured, options.timeout);
  const json = problem === null ? report : { ...report, error: problem };
  await screen.print(options.json ? jsonLine(json) : describe(report, measured));
  if (draw !== null) await draw.write(draw.picture(report, measured));
  if (problem === null) return 0;
  throw new BadReport("lost", {
    what: `cannot rely on ${hostname} port ${port}`,
    why: problem,
  });
}

/** As an agent, or with agents, which are loaded when they are asked for. */
async function runWithAgents(invocation: Invocation<typeof options>): Promise<ExitCode> {
  const { words, options, screen, shutdown } = invocation;
  const { runBenchAgent, leadAgents } = await import("./bench_agents.ts");
  shutdown.listen();
  if (options.agent) {
    if (words.length === 0) return await runBenchAgent(options, screen, shutdown.signal);
    const why = "the one that leads it says which server it measures";
    throw new Failure("usage", { what: `cannot use "${words[0]}" with --agent`, why });
  }
  const { hostname, port } = hostAndPortIn(words);
  const draw = await drawerOf(options.plot);
  const { led, report } = await leadAgents({ hostname, port }, options, shutdown.signal);
  const bad = led.outcomes.find(({ problem }) => problem !== null);
  const problem = bad === undefined
    ? problemOf(led.measured, options.timeout)
    : `agent ${bad.host}: ${bad.problem}`;
  const json = problem === null ? report : { ...report, error: problem };
  await screen.print(options.json ? jsonLine(json) : describe(report, led.measured));
  if (draw !== null) await draw.write(draw.picture(report, led.measured));
  if (problem === null) return 0;
  throw new BadReport(bad?.kind ?? "lost", {
    what: `cannot rely on ${hostname} port ${port}`,
    why: problem,
  });
}

/** Why a measurement says little about the server; null if it says all. */
function problemOf({ count, unanswered }: Measured, timeout: number): string | null {
  if (unanswered > 0) {
    const messages = unanswered === 1 ? "1 message" : `${unanswered} messages`;
    return `${messages} had no echo, ${timeout / 1000} s after the end at the latest`;
  }
  return count > 0 ? null : "nothing came back while it was measured";
}

/**
 * Draws into a file, in the format that its name ends in. Throws a `Failure` where it cannot, before
 * anything is measured.
 */
async function drawerOf(path: string | null) {
  if (path === null) return null;
  const picture = path.endsWith(".svg") ? svg : path.endsWith(".html") ? html : null;
  if (picture === null) {
    const why = "its name ends neither in .svg nor in .html";
    throw new Failure("usage", { what: `cannot draw into "${path}"`, why });
  }
  const write = async (text: string, options?: Deno.WriteFileOptions) => {
    try {
      await Deno.writeTextFile(path, text, options);
    } catch (cause) {
      throw new Failure("failed", { what: `cannot write "${path}"`, why: reasonOf(cause), cause });
    }
  };
  await write("", { append: true }); // an older picture stays until there is a new one
  return { picture, write };
}
