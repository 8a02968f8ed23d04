/**
 * One measurement: one server, alone, under one kind of load.
 *
 * @module
 */
import { delay } from "../lib/std.ts";
import { cpuTime, end, memory, start } from "./process.ts";
import type { Contestant, Place } from "./servers.ts";

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
}

/** All there are. */
export const CASES: Case[] = [
  { name: "a", title: "1 connection, 64 B, depth 1", load: [1, 64, 1] },
  { name: "b", title: "64 connections, 64 B, depth 1", load: [64, 64, 1] },
  { name: "c", title: "64 connections, 64 B, depth 16", load: [64, 64, 16] },
  { name: "d", title: "8 connections, 64 KiB, depth 4", load: [8, 65536, 4] },
  {
    name: "e",
    title: "handshakes, 16 at a time: connect, one echo of 64 B, close",
    load: [16, 64, 1],
    mode: "handshakes",
  },
  { name: "f", title: "memory per idle connection, at 1,000", load: [1000, 64, 1], mode: "idle" },
];

/** What came of one measurement. */
export interface Result {
  /** Messages, or handshakes, per second. */
  rate: number;
  /** The server's CPU time for each of them, in microseconds. */
  cpu: number;
  /** The median latency, in microseconds. */
  p50: number;
  /** The latency that 99 % stay below, in microseconds. */
  p99: number;
  /** The share of one core that the load generator used. */
  loadCpu: number;
}

/** How long a load lasts before it counts, and while it does, in seconds. */
export interface Duration {
  /** Before. */
  warmup: number;
  /** While it counts. */
  seconds: number;
}

/** Starts the server, measures it, and ends it. Throws an `Error` that says what did not work. */
export async function measure(
  contestant: Contestant,
  { load, mode }: Case,
  { warmup, seconds }: Duration,
  place: Place,
): Promise<Result> {
  await using server = await startServer(contestant, place);
  const args = ["::1", place.port, ...load, seconds, warmup, `--${mode ?? contestant.dialect}`].map(
    String,
  );
  await using generator = new Generator([`${place.directory}/load`, ...args]);
  await generator.line("start");
  const before = cpuTime(server.pid);
  await generator.line("stop");
  const used = cpuTime(server.pid) - before;
  const { messages, seconds: took, p50, p99, cpu } = JSON.parse(await generator.line("{"));
  return { rate: messages / took, cpu: used / messages * 1e6, p50, p99, loadCpu: cpu / took };
}

/** The memory, in bytes, that each of many idle connections costs the server besides the first. */
export async function measureMemory(
  contestant: Contestant,
  { load: [connections, size, depth] }: Case,
  place: Place,
): Promise<number> {
  await using server = await startServer(contestant, place);
  const idle = (count: number) => {
    const args = ["::1", place.port, count, size, depth, 0, 0, "--idle"].map(String);
    return new Generator([`${place.directory}/load`, ...args]);
  };
  await using first = idle(1);
  await first.line("open");
  const before = memory(server.pid);
  await using rest = idle(connections);
  await rest.line("open");
  return (memory(server.pid) - before) / connections;
}

/** The load generator, at work. */
class Generator implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #complaint: Promise<string>;

  constructor(command: string[]) {
    const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#child = start(command, piped);
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

/** Starts a server and waits until it can be connected to. */
async function startServer(
  { command }: Contestant,
  place: Place,
): Promise<AsyncDisposable & { pid: number }> {
  const child = start(command(place), { stdin: "null", stdout: "null", stderr: "piped" });
  const complaint = new Response(child.stderr).text();
  let over = false;
  child.status.then(() => over = true);
  for (let waited = 0; !await listens(place.port); waited += 20) {
    if (over || waited > 10_000) {
      await end(child);
      throw new Error((await complaint).trim().split("\n").at(-1) || "it does not listen");
    }
    await delay(20);
  }
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await end(child);
      await complaint;
    },
  };
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "::1", port })).close();
    return true;
  } catch {
    return false;
  }
}
