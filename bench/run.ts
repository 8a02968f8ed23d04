/**
 * Our server beside its peers, in one run and in interleaved rounds:
 *
 *     deno task bench [--rounds N] [--cases a,b] [--only echo,node] [--seconds S]
 *
 * @module
 */
import { makeAuthority, makeLeaf } from "../lib/certs/authority.ts";
import { parseArgs } from "../lib/std.ts";
import { CASES, measure, measureMemory } from "./measure.ts";
import { endAll, start } from "./process.ts";
import { buildLoad, type Contestant, contestants, type Place } from "./servers.ts";

const WARMUP = 0.5;

const options = parseArgs(Deno.args, {
  string: ["_", "rounds", "cases", "only", "seconds"],
  boolean: [],
  alias: {},
  "--": true,
  unknown: (word) => fail(`cannot use "${word}": it takes --rounds, --cases, --only, --seconds`, 2),
}) as { rounds?: string; cases?: string; only?: string; seconds?: string };

const rounds = Number(options.rounds ?? 5);
const seconds = Number(options.seconds ?? 2);
const only = options.only?.toLowerCase().split(",");
const cases = CASES.filter(({ name }) => options.cases?.split(",").includes(name) ?? true);
const directory = await Deno.makeTempDir({ prefix: "echo-bench-" });

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    endAll();
    Deno.removeSync(directory, { recursive: true });
    Deno.exit(130);
  });
}

const place: Place = { ...await identity(), port: 0, directory };
const measured = await built();
for (let round = 1; round <= rounds; round++) {
  for (const kind of cases) {
    console.log(`round ${round}, ${kind.name}: ${kind.title}`);
    for (const contestant of measured) {
      if (kind.mode === "idle" && contestant.forks) continue;
      place.port = freePort();
      const name = contestant.name.padEnd(24);
      try {
        if (kind.mode === "idle") {
          const bytes = await measureMemory(contestant, kind, place);
          console.log(`  ${name} ${(bytes / 1024).toFixed(1)} KB`);
        } else {
          const it = await measure(contestant, kind, { warmup: WARMUP, seconds }, place);
          console.log(
            `  ${name} ${it.rate.toFixed(0).padStart(9)}/s  ${
              it.cpu.toFixed(2).padStart(8)
            } us CPU` +
              `  p50 ${it.p50} us  p99 ${it.p99} us  load generator ${it.loadCpu.toFixed(2)}`,
          );
        }
      } catch (error) {
        console.log(`  ${name} ${(error as Error).message}`);
      }
    }
  }
}
await Deno.remove(directory, { recursive: true });

/** A certificate for all servers alike, as files. */
async function identity(): Promise<{ cert: string; key: string }> {
  const leaf = await makeLeaf(await makeAuthority(new Date()), ["localhost", "::1"], new Date());
  const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
  await Deno.writeTextFile(files.cert, leaf.cert);
  await Deno.writeTextFile(files.key, leaf.key);
  return files;
}

/** The servers that are asked for and can be had. */
async function built(): Promise<Contestant[]> {
  const problem = await build(buildLoad(directory));
  if (problem !== null) fail(`cannot compile the load generator: ${problem}`, 1);
  const ready: Contestant[] = [];
  for (const contestant of await contestants()) {
    const name = contestant.name.toLowerCase();
    if (only && !only.some((word) => name.startsWith(word))) continue;
    const problem = contestant.build ? await build(contestant.build(directory)) : null;
    if (problem === null) ready.push(contestant);
    else console.log(`without ${contestant.name}: ${problem}`);
  }
  return ready;
}

/** Runs a compiler; null when all went well, or else what it said. */
async function build(command: string[]): Promise<string | null> {
  try {
    const child = start(command, { stdin: "null", stdout: "null", stderr: "piped" });
    const complaint = await new Response(child.stderr).text();
    return (await child.status).success ? null : complaint.trim().split("\n")[0]!;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Outside of the range the load generator's own ports come from: those linger after a close. */
function freePort(): number {
  for (let port = 20_000;; port++) {
    try {
      Deno.listen({ hostname: "::1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || port > 30_000) throw error;
    }
  }
}

function fail(why: string, code: number): never {
  console.error(`bench: ${why}`);
  Deno.exit(code);
}
