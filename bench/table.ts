/**
 * Results of all rounds: medians, and ratios of what was measured in the same round.
 *
 * @module
 */
import type { Case, Result } from "./measure.ts";

/** A number that a result has. */
export type Measure = keyof Result;

/** All results of a run. */
export class Table {
  readonly #cells = new Map<string, (Result | string)[]>();

  /** `names` are those of the servers, in the order of their rows. */
  constructor(readonly names: string[]) {}

  /** Takes what came of a round: a result, or what went wrong. */
  add(name: string, server: string, result: Result | string): void {
    const key = `${name} ${server}`;
    this.#cells.set(key, [...this.#cells.get(key) ?? [], result]);
  }

  /** The median of all rounds; null where nothing was measured. */
  median(name: string, server: string, measure: Measure): number | null {
    return median(this.#values(name, server, measure));
  }

  /**
   * The median of the ratios, each of one round: the machine is not the same in all of them.
   * Null where there was no round that measured both.
   */
  ratio(name: string, server: string, other: string, measure: Measure): number | null {
    const theirs = this.#values(name, other, measure);
    return median(
      this.#values(name, server, measure).map((it, round) => it / (theirs[round] ?? NaN)),
    );
  }

  /** A case in Markdown, each of our numbers divided by each server's. */
  lines(kind: Case): string[] {
    return kind.mode === "idle" ? this.#memoryLines(kind) : this.#rateLines(kind);
  }

  #rateLines({ name, unit }: Case): string[] {
    const ours = this.names[0]!;
    const lines = [
      `| server | ${unit.name}/s | lowest to highest | CPU us each | p50 us | p99 us | load | ` +
      `rate of ${ours} / its | CPU of ${ours} / its |`,
      "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ];
    for (const server of this.names) {
      const rates = this.#values(name, server, "rate").filter((it) => !isNaN(it));
      if (rates.length === 0) {
        const problem = this.#problem(name, server);
        if (problem !== null) lines.push(`| ${server} | ${problem} |`);
        continue;
      }
      const rate = (value: number) => grouped(value / unit.messages);
      const number = (measure: Measure, digits: number) =>
        this.median(name, server, measure)!.toFixed(digits);
      const ratio = (measure: Measure) => this.ratio(name, ours, server, measure)?.toFixed(2) ?? "";
      const cells = [
        server,
        rate(median(rates)!),
        `${rate(Math.min(...rates))} to ${rate(Math.max(...rates))}`,
        number("cpu", 2),
        number("p50", 0),
        number("p99", 0),
        number("generator", 2),
        ratio("rate"),
        ratio("cpu"),
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
    return lines;
  }

  #memoryLines({ name }: Case): string[] {
    const ours = this.names[0]!;
    const lines = [`| server | KB | ${ours} / its |`, "| --- | --: | --: |"];
    for (const server of this.names) {
      const kilobytes = this.median(name, server, "memory");
      if (kilobytes === null) continue;
      const ratio = this.ratio(name, ours, server, "memory")?.toFixed(2) ?? "";
      lines.push(`| ${server} | ${kilobytes.toFixed(1)} | ${ratio} |`);
    }
    return lines;
  }

  /** A number for each round, NaN where it failed. */
  #values(name: string, server: string, measure: Measure): number[] {
    const cells = this.#cells.get(`${name} ${server}`) ?? [];
    return cells.map((it) => typeof it === "string" ? NaN : it[measure] ?? NaN);
  }

  #problem(name: string, server: string): string | null {
    const cells = this.#cells.get(`${name} ${server}`) ?? [];
    return cells.find((it) => typeof it === "string") ?? null;
  }
}

function median(values: number[]): number | null {
  const sorted = values.filter((it) => !isNaN(it)).sort((one, other) => one - other);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** 1234567 -> 1,234,567; small numbers keep a digit. */
function grouped(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
}
