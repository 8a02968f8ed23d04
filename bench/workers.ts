/**
 * What more threads give: `--workers 1`, 2, 4 and so on, up to the number of cores and once beyond.
 *
 * @module
 */
import { CASES, type Duration, measure } from "./measure.ts";
import { type Place, withWorkers } from "./servers.ts";
import { Table } from "./table.ts";

/** One message at a time, many, and long ones. */
const LOADS = ["b", "c", "d"];

/** Measures, and returns a table in Markdown, with the number of cores it was made on. */
export async function workersLines(
  { rounds, duration, place, freePort }: {
    rounds: number;
    duration: Duration;
    place: Omit<Place, "port">;
    freePort(): number;
  },
): Promise<string[]> {
  const cores = navigator.hardwareConcurrency;
  const counts = [1];
  while (counts.at(-1)! < Math.max(cores, 2)) counts.push(counts.at(-1)! * 2);
  const servers = counts.map(withWorkers);
  const table = new Table(servers.map(({ name }) => name));
  const kinds = CASES.filter(({ name }) => LOADS.includes(name));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of kinds) {
      console.log(`round ${round} of ${rounds}, workers: ${kind.title}`);
      for (const server of servers) {
        const at = { ...place, port: freePort() };
        const result = await measure(server, kind, duration, at).catch((error) => error.message);
        table.add(kind.name, server.name, result);
      }
    }
  }
  const lines = [
    `On ${cores} cores, of which the load generator takes one where it is busy (load near 1).`,
    "",
    "| load | workers | messages/s | rate / 1 worker | CPU us each | CPU / 1 worker | p99 us | load |",
    "| --- | --- | --: | --: | --: | --: | --: | --: |",
  ];
  for (const { name, title } of kinds) {
    for (const server of table.names) {
      const median = (measure: "rate" | "cpu" | "p99" | "generator", digits: number) =>
        table.median(name, server, measure)?.toFixed(digits) ?? "";
      const ratio = (measure: "rate" | "cpu") =>
        table.ratio(name, server, table.names[0]!, measure)?.toFixed(2) ?? "";
      const cells = [
        ...[title, server, median("rate", 0), ratio("rate"), median("cpu", 2), ratio("cpu")],
        ...[median("p99", 0), median("generator", 2)],
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return lines;
}
