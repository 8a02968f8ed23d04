/**
 * Our server as people start it, beside itself with neither screen nor log.
 *
 * @module
 */
import { type Case, CASES, type Duration, measure, PAYLOADS, type Result } from "./measure.ts";
import { type Place, started } from "./servers.ts";
import { Table } from "./table.ts";
import { STARTED_TARGETS } from "./targets.ts";

/** The loads that are of interest: their cost is that of each message. */
const LOADS = ["b", "c", "d"];

/** How often, how long, and where. */
export interface StartedOptions {
  /** Interleaved rounds. */
  rounds: number;
  /** Of each measurement. */
  duration: Duration;
  /** All but the port. */
  place: Omit<Place, "port">;
  /** Finds a port. */
  freePort(): number;
}

/** Measures, and returns a table in Markdown. */
export async function startedLines(options: StartedOptions): Promise<string[]> {
  const { rounds, duration, place, freePort } = options;
  const servers = started();
  const table = new Table(servers.map(({ name }) => name));
  const loads = CASES.filter(({ name }) => LOADS.includes(name));
  const kinds = loads.flatMap((load) =>
    PAYLOADS.map((payload): Case => ({ ...load, name: `${load.name} ${payload}`, payload }))
  );
  for (let round = 1; round <= rounds; round++) {
    for (const kind of kinds) {
      console.log(`round ${round} of ${rounds}, as started: ${kind.title}, ${kind.payload}`);
      for (const server of servers) {
        const result = await attempt(() =>
          measure(server, kind, duration, { ...place, port: freePort() })
        );
        table.add(kind.name, server.name, result);
        await forget(place.directory);
      }
    }
  }
  return linesOf(table, kinds);
}

async function attempt(job: () => Promise<Result>): Promise<Result | string> {
  try {
    return await job();
  } catch (error) {
    return (error as Error).message;
  }
}

/** The logs and outputs of a run would fill a small disk. */
async function forget(directory: string): Promise<void> {
  for (const name of ["stdout", "echo-server.log"]) {
    await Deno.remove(`${directory}/${name}`).catch(() => {});
  }
}

function linesOf(table: Table, kinds: Case[]): string[] {
  const lines = [
    "| load | messages | as started | messages/s | rate / quiet | wanted | p99 us | p99 / quiet |",
    "| --- | --- | --- | --: | --: | --: | --: | --: |",
  ];
  const [quiet, ...others] = table.names;
  for (const { name, title, payload } of kinds) {
    for (const server of [quiet!, ...others]) {
      const rate = table.median(name, server, "rate");
      if (rate === null) continue;
      const wanted = STARTED_TARGETS[server]?.[name[0]!];
      const ratio = table.ratio(name, server, quiet!, "rate")!;
      const cells = [
        ...[title, payload, server, Math.round(rate).toLocaleString("en"), ratio.toFixed(2)],
        wanted === undefined ? "" : `${wanted}: ${ratio >= wanted ? "yes" : "**no**"}`,
        table.median(name, server, "p99")!.toFixed(0),
        table.ratio(name, server, quiet!, "p99")!.toFixed(1),
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return lines;
}
