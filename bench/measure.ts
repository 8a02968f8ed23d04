/**
 * One measurement: one server, alone, under one kind of load.
 *
 * @module
 */
import { delay } from "../lib/std.ts";
import { cpuTime, end, memory, start } from "./process.ts";
import type { Contestant, Place } from "./servers.ts";

/** How long a server may take to listen, in milliseconds. */
const PATIENCE = 10_000;

/** What messages are made of: letters, Chinese characters in UTF-8, bytes that are no text. */
export const PAYLOADS = ["ascii", "chinese", "random"] as const;

/** One of them. */
export type Payload = typeof PAYLOADS[number];

/** A kind of load. */
export interface Case {
  /** Its letter. */
  name: string;
  /** What it is, for people. */
  title: string;
  /** What it is to the load generator: how many connections, bytes a message, messages at a time. */
  load: [connections: number, size: number, depth: number];
  /** What else than messages it sends. */
  mode?: "handshakes" | "idle";
  /** What the messages are; ASCII letters where it is not given. */
  payload?: Payload;
  /** Whether server and load generator share a core; at two they wait for each other's to wake. */
  oneCore?: boolean;
  /** What its rate is told in, and how many messages that is. */
  unit: { name: string; messages: number };
}

/**
 * Where only one of two works at a time, it is chance whether the system lets them share a core or
 * wakes another for each message, and that makes a factor of three.
 */
const ONE_CORE = ["taskset", "--cpu-list", "0"];

const MESSAGES = { name: "messages", messages: 1 };

/** All there are. */
export const CASES: Case[] = [
  {
    name: "a",
    title: "1 connection, 64 B, depth 1",
    load: [1, 64, 1],
    oneCore: true,
    unit: MESSAGES,
  },
  { name: "b", title: "64 connections, 64 B, depth 1", load: [64, 64, 1], unit: MESSAGES },
  { name: "c", title: "64 connections, 64 B, depth 16", load: [64, 64, 16], unit: MESSAGES },
  {
    name: "d",
    title: "8 connections, 64 KiB, depth 4",
    load: [8, 65536, 4],
    unit: { name: "MB", messages: 1e6 / 65536 },
  },
  {
    name: "g",
    title: "4 connections, 1 MiB, depth 1",
    load: [4, 1024 * 1024, 1],
    unit: { name: "MB", messages: 1e6 / 1024 ** 2 },
  },
  {
    name: "e",
    title: "handshakes, 16 at a time: connect, one echo of 64 B, close",
    load: [16, 64, 1],
    mode: "handshakes",
    unit: { name: "handshakes", messages: 1 },
  },
  {
    name: "f",
    title: "memory per idle connection, at 1,000",
    load: [1000, 64, 1],
    mode: "idle",
    unit: MESSAGES,
  },
];

/** What came of one measurement. */
export interface Result {
  /** Messages, or handshakes, per second. */
  rate?: number;
  /** The server's CPU time for each of them, in microseconds. */
  cpu?: number;
  /** The median latency, in microseconds. */
  p50?: number;
  /** The latency that 99 % stay below, in microseconds. */
  p99?: number;
  /** The share of one core that the load generator used: at 1 the server could have done more. */
  generator?: number;
  /** What each idle connection costs the server besides the first, in kilobytes (1,000 bytes). */
  memory?: number;
}

/** How long messages are sent, in seconds: before it counts, and while it does. */
export interface Duration {
  /** Before. */
  warmup: number;
  /** While it counts. */
  seconds: number;
}

/** Starts the server, measures it, and ends it. Throws an `Error` that says what did not work. */
export async function measure(
  contestant: Contestant,
  kind: Case,
  duration: Duration,
  place: Place,
): Promise<Result> {
  const command = contestant.command(place);
  await using server = await startServer(on(kind, command), place.port, contestant.stdout?.(place));
  return kind.mode === "idle"
    ? await measureMemory(server.pid, kind, place)
    : await measureRate(server.pid, kind.mode ?? contestant.dialect, kind, duration, place);
}

async function measureRate(
  server: number,
  mode: string,
  kind: Case,
  { warmup, seconds }: Duration,
  place: Place,
): Promise<Result> {
  await using generator = new Generator(place, kind, [...kind.load, seconds, warmup], mode);
  await generator.line("start");
  const before = cpuTime(server);
  await generator.line("stop");
  const used = cpuTime(server) - before;
  const { messages, seconds: took, p50, p99, cpu } = JSON.parse(await generator.line("{"));
  if (messages === 0) throw new Error("it stalls: nothing came back");
  return { rate: messages / took, cpu: used / messages * 1e6, p50, p99, generator: cpu / took };
}

async function measureMemory(
  server: number,
  kind: Case,
  place: Place,
): Promise<Result> {
  const [connections, ...message] = kind.load;
  await using first = new Generator(place, kind, [1, ...message, 0, 0], "idle");
  await first.line("open");
  const before = memory(server);
  await using rest = new Generator(place, kind, [connections, ...message, 0, 0], "idle");
  await rest.line("open");
  return { memory: (memory(server) - before) / connections / 1000 };
}

function on({ oneCore }: Case, command: string[]): string[] {
  return oneCore ? [...ONE_CORE, ...command] : command;
}

/** The load generator, at work. */
class Generator implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #complaint: Promise<string>;

  constructor({ port, directory }: Place, kind: Case, numbers: number[], mode: string) {
    const words = ["::1", `${port}`, ...numbers.map(String), `--${mode}`];
    const command = [`${directory}/load`, ...words, `--${kind.payload ?? "ascii"}`];
    this.#child = start(on(kind, command), { stdin: "piped", stdout: "piped", stderr: "piped" });
    this.#lines = linesOf(this.#child.stdout);
    this.#complaint = new Response(this.#child.stderr).text();
  }

  /** Waits for the line that begins like this. */
  async line(beginning: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (!done && value.startsWith(beginning)) return value;
    throw new Error((await this.#complaint).trim() || `load: no "${beginning}"`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await end(this.#child);
    await this.#lines.return?.();
    await this.#complaint;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** A server that can be connected to; it is ended at the end of the block. */
export interface Server extends AsyncDisposable {
  /** Its process. */
  pid: number;
}

/**
 * Starts a server, its standard output in the file `stdout` or nowhere, and waits until it can be
 * connected to. Throws an `Error` that says why not.
 */
export async function startServer(
  command: string[],
  port: number,
  stdout?: string,
): Promise<Server> {
  const redirected = stdout === undefined
    ? command
    : ["sh", "-c", 'exec "$@" >"$0"', stdout, ...command];
  const child = start(redirected, { stdin: "null", stdout: "null", stderr: "piped" });
  const complaint = new Response(child.stderr).text();
  const server: Server = {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await end(child);
      await complaint;
    },
  };
  let over = false;
  child.status.then(() => over = true);
  const latest = performance.now() + PATIENCE;
  while (!await listens(port)) {
    if (over || performance.now() > latest) {
      await server[Symbol.asyncDispose]();
      throw new Error((await complaint).trim().split("\n").at(-1) || "it does not listen");
    }
    await delay(20);
  }
  return server;
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "::1", port })).close();
    return true;
  } catch {
    return false;
  }
}
