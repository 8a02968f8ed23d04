/**
 * The commands, and the way from a command line to an exit code.
 *
 * @module
 */
import deno from "../../deno.json" with { type: "json" };
import { Screen } from "../console/screen.ts";
import { Failure, reasonOf } from "../failure.ts";
import { suggestion } from "../text/suggest.ts";
import { callOf } from "./calling.ts";
import { EXIT_CODES, type ExitCode, report } from "./exit.ts";
import { dropPermissions } from "./permissions.ts";
import { onTerminalStop, Shutdown } from "./shutdown.ts";
import {
  columns,
  describeOptions,
  type OptionTable,
  parseOptions,
  type Values,
} from "./options.ts";
import { variable } from "./variable.ts";

/** One command: its help, and its work. */
export interface Command<T extends OptionTable = OptionTable> {
  /** Its usage line: `echo server [HOST] PORT [options]`. */
  usage: string;
  /** Its work, in one or a few sentences. */
  summary: string;
  /** Its positional arguments, each with its meaning. */
  words: [word: string, help: string][];
  /** Its options. */
  options: T;
  /** Runs it. Throws a `Failure` for every problem that can be foreseen. */
  run(invocation: Invocation<T>): Promise<ExitCode>;
}

/** One run of a command. */
export interface Invocation<T extends OptionTable = OptionTable> {
  /** The positional arguments, as they were typed. */
  words: string[];
  /** The options. */
  options: Values<T>;
  /** All output. */
  screen: Screen;
  /** Requests to end. */
  shutdown: Shutdown;
}

/** The commands by name. Each is loaded when it is used. */
export const COMMANDS: Record<string, { summary: string; load: () => Promise<Command> }> = {
  server: {
    summary: "serve echoes over TLS",
    load: async () => (await import("./server.ts")).server,
  },
  client: {
    summary: "send messages to an echo server and show what comes back",
    load: async () => (await import("./client.ts")).client,
  },
  check: {
    summary: "judge an echo server, and name its mistakes",
    load: async () => (await import("./check.ts")).check,
  },
  ping: {
    summary: "send a small message a second and show how long each takes",
    load: async () => (await import("./ping.ts")).ping,
  },
  bench: {
    summary: "put load on an echo server and measure how fast it is",
    load: async () => (await import("./bench.ts")).bench,
  },
  top: {
    summary: "show what a server does that has --admin",
    load: async () => (await import("./top.ts")).top,
  },
  cert: {
    summary: "show this machine's certificate, trust another's",
    load: async () => (await import("./cert.ts")).cert,
  },
  "demo-udp": {
    summary: "show sendto, recvfrom and gethostname at work",
    load: async () => (await import("./demo_udp.ts")).demoUdp,
  },
};

/** Runs a command line. Problems go to standard error; this never rejects. */
export async function run(args: string[]): Promise<ExitCode> {
  const screen = new Screen();
  const shutdown = new Shutdown();
  const code = await runOn(screen, shutdown, args).catch((error) => report(error, screen));
  await shutdown.withGrace(screen.flush());
  return code === 0 ? await checkOutput(screen, shutdown) : code;
}

/** An error when output could not be written. A closed pipe is none: its reader wants no more. */
async function checkOutput(screen: Screen, shutdown: Shutdown): Promise<ExitCode> {
  const { error } = screen;
  if (error === null || error instanceof Deno.errors.BrokenPipe) return 0;
  const what = "cannot write to standard output";
  const code = await report(new Failure("failed", { what, why: reasonOf(error) }), screen);
  await shutdown.withGrace(screen.flush());
  return code;
}

async function runOn(
  screen: Screen,
  shutdown: Shutdown,
  [name, ...args]: string[],
): Promise<ExitCode> {
  if (name === "--help" || name === "-h") return await show(screen, overview());
  if (name === "--version" || name === "-V") return await show(screen, version());
  const entry = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name!] : undefined;
  if (entry === undefined) {
    await report(unknownCommand(name), screen);
    await screen.printDiagnostic(`usage: echo COMMAND [...], see ${callOf("--help")}`);
    return 2;
  }
  dropPermissions(name!);
  // `deno task` tells where it was called. Stopped in its job, which goes on, a command would take the
  // terminal with it.
  if (variable("INIT_CWD") !== null) onTerminalStop(() => {});
  const command = await entry.load();
  if (asksFor(args, "--help", "-h")) return await show(screen, help(command));
  if (asksFor(args, "--version", "-V")) return await show(screen, version());
  try {
    const { words, options } = parseOptions(command.options, args);
    return await command.run({ words, options, screen, shutdown });
  } catch (error) {
    const code = await report(error, screen);
    if (code === 2) {
      await screen.printDiagnostic(`usage: ${command.usage}, see ${callOf(name!)} --help`);
    }
    return code;
  }
}

function asksFor(args: string[], ...names: string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((word) => names.includes(word));
}

function unknownCommand(name: string | undefined): Failure {
  const meant = suggestion(name ?? "", Object.keys(COMMANDS));
  const known = `the commands are ${Object.keys(COMMANDS).join(", ")}`;
  return name === undefined
    ? new Failure("usage", { what: "cannot start", why: "there is no command", hint: known })
    : new Failure("usage", {
      what: `cannot run "${name}"`,
      why: "there is no such command",
      hint: meant === null ? known : `did you mean ${meant}? ${known}`,
    });
}

async function show(screen: Screen, text: string): Promise<ExitCode> {
  await screen.print(text);
  return 0;
}

function version(): string {
  return `echo ${deno.version} (deno ${Deno.version.deno}, v8 ${Deno.version.v8})`;
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]);
  return `echo: the network echo, over TLS

usage: echo COMMAND [...]

Commands, each with its own --help:
${columns(commands)}

${exitCodes()}`;
}

function help({ usage, summary, words, options }: Command): string {
  return `usage: ${usage}

${summary}

${words.length > 0 ? columns(words) + "\n\n" : ""}Options:
${describeOptions(options)}

${exitCodes()}`;
}

function exitCodes(): string {
  return `Exit codes:\n${columns(Object.entries(EXIT_CODES))}`;
}
