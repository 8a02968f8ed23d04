/**
 * What connections that bring nothing cost a client that does: its echoes are timed at a fixed rate
 * while a hostile network keeps the server busy.
 *
 * @module
 */
import { delay } from "../lib/std.ts";
import { startServer } from "./measure.ts";
import { cpuTime, end, start } from "./process.ts";
import type { Place } from "./servers.ts";

/** How many echoes a second are timed. */
const RATE = 200;

/** The default limits of the server: 5 addresses with 2,000 connections each, 10,000 in all. */
const SILENT = 10_000;
const IDLE = 1_990;
const REFUSED_PER_SECOND = 500;

/** How long each measurement lasts, in seconds; silent peers are let go 10 s after they connected. */
const SECONDS = { alone: 5, silent: 35, refused: 10 };

/** One row of the table. */
interface Row {
  /** What else the server has to do. */
  what: string;
  /** Latencies of the client's echoes, in milliseconds. */
  p50: number;
  p99: number;
  max: number;
  /** The server's CPU time, in seconds, and of how many. */
  cpu: number;
  seconds: number;
  /** How many descriptors the server has a second after the last of the others has left. */
  descriptors: number;
  /** How long it takes to stop at SIGTERM, in milliseconds. */
  stop: number;
}

/** Measures our server, started by `program`, and returns a table in Markdown. */
export async function fairnessLines(
  program: string[],
  place: Omit<Place, "port">,
  freePort: () => number,
): Promise<string[]> {
  const lines = [
    "| while | p50 ms | p99 ms | max ms | CPU s | of s | descriptors after | SIGTERM ms |",
    "| --- | --: | --: | --: | --: | --: | --: | --: |",
  ];
  for (const kind of ["alone", "silent", "refused"] as const) {
    const { what, p50, p99, max, cpu, seconds, descriptors, stop } = await measure(
      kind,
      program,
      { ...place, port: freePort() },
    );
    const cells = [
      ...[what, p50.toFixed(2), p99.toFixed(1), max.toFixed(1), cpu.toFixed(2), `${seconds}`],
      ...[`${descriptors}`, stop.toFixed(0)],
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return lines;
}

async function measure(
  kind: keyof typeof SECONDS,
  program: string[],
  { port, cert, key, directory }: Place,
): Promise<Row> {
  const options = ["--cert", cert, "--key", key, "--no-log", "--style", "quiet"];
  const command = [...program, "server", "::", `${port}`, ...options];
  await using server = await startServer(command, port);
  const load = (count: number, seconds: number, mode: string) =>
    start([
      `${directory}/load`,
      "127.0.0.1",
      `${port}`,
      `${count}`,
      "64",
      "1",
      `${seconds}`,
      "0",
      mode,
    ], {
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    });
  const seconds = SECONDS[kind];
  const others: Deno.ChildProcess[] = [];
  if (kind === "refused") {
    const idle = load(IDLE, 0, "--idle");
    others.push(idle);
    await firstLine(idle);
  }
  const before = cpuTime(server.pid);
  const timing = [...["bench", "::1", `${port}`, "--rate", `${RATE}`, "--duration", `${seconds}s`]];
  const client = start([...program, ...timing, "--ca", `${directory}/ca.pem`, "--json"], {
    stdout: "piped",
    stderr: "inherit",
  });
  if (kind === "silent") others.push(load(SILENT, 0, "--silent"));
  if (kind === "refused") others.push(load(REFUSED_PER_SECOND, seconds, "--refused"));
  const { latency } = JSON.parse(await new Response(client.stdout).text());
  const cpu = cpuTime(server.pid) - before;
  for (const other of others) await end(other);
  await delay(1000);
  const descriptors = [...Deno.readDirSync(`/proc/${server.pid}/fd`)].length;
  const stop = await stopTime(kind, server.pid, () => load(SILENT, 0, "--silent"));
  const what = {
    alone: "nothing else happens",
    silent: `${SILENT} silent peers from five addresses come, and are let go`,
    refused: `${IDLE} connections are idle, and ${REFUSED_PER_SECOND} a second are refused`,
  }[kind];
  const [p50, p99, max] = [latency.p50, latency["p99"], latency.max].map((us) => us / 1000);
  return { what, p50: p50!, p99: p99!, max: max!, cpu, seconds, descriptors, stop };
}

/** How long the server needs to stop, with silent peers where these are what is measured. */
async function stopTime(
  kind: keyof typeof SECONDS,
  pid: number,
  silent: () => Deno.ChildProcess,
): Promise<number> {
  const peers = kind === "silent" ? silent() : null;
  if (peers !== null) await delay(8000); // most of them are there, none is let go yet
  const began = performance.now();
  Deno.kill(pid, "SIGTERM");
  while (exists(pid)) await delay(5);
  const took = performance.now() - began;
  if (peers !== null) await end(peers);
  return took;
}

function exists(pid: number): boolean {
  try {
    // A process that has ended stays as a zombie until it is waited for.
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

async function firstLine({ stdout }: Deno.ChildProcess): Promise<void> {
  const reader = stdout.getReader();
  await reader.read();
  reader.releaseLock();
}
