/**
 * Our server beside its peers, in one run and in interleaved rounds:
 *
 *     deno task bench [--rounds N] [--cases a,b] [--only echo,node] [--seconds S]
 *
 * A run of all cases and servers is written to bench/RESULTS.md.
 *
 * @module
 */
import { parseArgs } from "../lib/std.ts";
import { fairnessLines } from "./fairness.ts";
import { machine } from "./machine.ts";
import { type Case, CASES, measure, type Result } from "./measure.ts";
import { endAll, start } from "./process.ts";
import { compileLoad, type Contestant, ours, peers, type Place, sourceCommand } from "./servers.ts";
import { Table } from "./table.ts";
import { startedLines } from "./started.ts";
import { targetLines } from "./targets.ts";
import { websocketLines } from "./websocket.ts";
import { workersLines } from "./workers.ts";
import { available, compile, freePort, identity } from "./workshop.ts";

/** How long each load lasts before it counts, in seconds: compilers at run time warm up in it. */
const WARMUP = 0.5;

/** The cases with tables of their own, in files of the same names. */
const SPECIAL = ["started", "workers", "fairness", "websocket"];

const { rounds, seconds, cases, only, special } = read(Deno.args);
const directory = await Deno.makeTempDir({ prefix: "echo-bench-" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => {
    cleanUp();
    Deno.exit(130);
  });
}
try {
  await run();
} finally {
  cleanUp();
}

async function run(): Promise<void> {
  const problem = await compile(compileLoad(directory));
  if (problem !== null) {
    console.error(`bench: cannot compile the load generator: ${problem}`);
    Deno.exitCode = 1;
    return;
  }
  const about = await machine();
  const { cert, key, authority } = await identity(directory);
  await Deno.writeTextFile(`${directory}/ca.pem`, authority);
  const all = [...await ours(), ...peers].filter(({ name }) => matches(name));
  const servers = await available(all, directory);
  const table = new Table(servers.map(({ name }) => name));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of cases) {
      console.log(`round ${round} of ${rounds}, ${kind.name}: ${kind.title}`);
      for (const server of servers) {
        if (kind.mode === "idle" && server.forks) continue;
        const place = { cert, key, directory, port: freePort() };
        const result = await attempt(server, kind, place);
        table.add(kind.name, server.name, result);
        console.log(`  ${server.name.padEnd(26)} ${show(result)}`);
      }
    }
  }
  const place = { cert, key, directory };
  const how = { rounds, duration: { warmup: WARMUP, seconds }, place, freePort };
  const sections = [];
  if (special.includes("started")) {
    const title = "started: as it is started, with its output and its log in files";
    sections.push(`## ${title}`, (await startedLines(how)).join("\n"));
  }
  if (special.includes("workers")) {
    sections.push("## workers: by number of threads", (await workersLines(how)).join("\n"));
  }
  if (special.includes("fairness")) {
    const lines = await fairnessLines(sourceCommand(), place, freePort);
    sections.push("## fairness: one client, and what others may cost it", lines.join("\n"));
  }
  if (special.includes("websocket")) {
    const lines = await websocketLines({ rounds, seconds, place, authority, freePort });
    sections.push("## websocket: beside our frames, and Node with ws", lines.join("\n"));
  }
  const text = report(table, about, sections);
  console.log(`\n${text}`);
  if (cases.length < CASES.length || only !== null || special.length < SPECIAL.length) return;
  const path = new URL("RESULTS.md", import.meta.url);
  await Deno.writeTextFile(path, text);
  await start([Deno.execPath(), "fmt", "--quiet", path.pathname]).status;
  console.log("wrote bench/RESULTS.md");
}

/** Measures; a server that fails costs its own cell only. */
async function attempt(server: Contestant, kind: Case, place: Place): Promise<Result | string> {
  try {
    return await measure(server, kind, { warmup: WARMUP, seconds }, place);
  } catch (error) {
    return (error as Error).message;
  }
}

function show(result: Result | string): string {
  if (typeof result === "string") return result;
  const { rate, cpu, p50, p99, memory } = result;
  if (memory !== undefined) return `${memory.toFixed(1)} KB`;
  return `${rate!.toFixed(0).padStart(9)}/s, CPU ${
    cpu!.toFixed(2)
  } us, p50 ${p50} us, p99 ${p99} us`;
}

function report(table: Table, about: string[], sections: string[]): string {
  const now = new Date().toISOString().replace(/T(.*):.*/, " $1 UTC");
  const letters = cases.map(({ name }) => name);
  return [
    "# Side by side",
    `Written by \`deno task bench\` on ${now}: medians of ${rounds} interleaved round(s), ` +
    `${seconds} s for each number. A ratio is the median of the ratios within each round. CPU is ` +
    "what the server uses for a message or handshake, its children included; load is the share of " +
    "a core that the load generator uses: near 1 it is what limits the rate.",
    about.map((line) => `- ${line}`).join("\n"),
    ...cases.flatMap((kind) => [`## ${kind.name}: ${kind.title}`, table.lines(kind).join("\n")]),
    ...sections,
    ...(only === null && cases.length > 0
      ? ["## Targets", targetLines(table, letters).join("\n")]
      : []),
  ].join("\n\n") + "\n";
}

function matches(name: string): boolean {
  return only === null || only.some((word) => name.toLowerCase().startsWith(word));
}

function cleanUp(): void {
  endAll();
  try {
    Deno.removeSync(directory, { recursive: true });
  } catch {
    // It is in the system's directory for such things.
  }
}

/** What was typed, judged. */
function read(args: string[]) {
  const typed = parseArgs(args, {
    string: ["_", "rounds", "cases", "only", "seconds"],
    boolean: [],
    alias: {},
    "--": true,
    unknown: (word) => refuse(word),
  }) as { rounds?: string; cases?: string; only?: string; seconds?: string };
  const rounds = Number(typed.rounds ?? 5);
  const seconds = Number(typed.seconds ?? 2);
  const all = [...CASES.map(({ name }) => name), ...SPECIAL];
  const names = typed.cases?.split(",") ?? all;
  const unknown = names.find((it) => !all.includes(it));
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds ${typed.rounds}`);
  if (!(seconds > 0)) refuse(`--seconds ${typed.seconds}`);
  if (unknown !== undefined) refuse(`--cases ${unknown}`);
  return {
    rounds,
    seconds,
    cases: CASES.filter(({ name }) => names.includes(name)),
    only: typed.only?.toLowerCase().split(",") ?? null,
    special: SPECIAL.filter((name) => names.includes(name)),
  };
}

function refuse(word: string): never {
  console.error(
    `bench: cannot use "${word}": it takes --rounds N, --seconds S, --cases a,b,c,d,e,f,g,` +
      "started,workers,fairness,websocket, --only echo,bare,bun,node,python,go,ncat,socat,c",
  );
  Deno.exit(2);
}
