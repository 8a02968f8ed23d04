/**
 * What we want to be, in numbers that a run answers with yes or no.
 *
 * @module
 */
import type { Table } from "./table.ts";

/** One of them. */
interface Target {
  /** In words. */
  what: string;
  /** What is compared: ours divided by the other's, or ours as it is. */
  measure: "rate" | "cpu" | "memory";
  /** Which of our rows, besides source or dist: `log`, `2 workers`. */
  variant?: string;
  /** The row it is held against; `own` is ours without the variant, null is a bare number. */
  against: string | null;
  /** The cases it is asked of, each with its mark. */
  marks: Record<string, number>;
  /** Whether a case must reach its mark, stay at most at it, or be beyond it. */
  must: "at least" | "at most" | "more than" | "less than";
}

/** What a start leaves of the rate of the quiet one, by how it is started and by load. */
export const STARTED_TARGETS: Record<string, Record<string, number>> = {
  "log only": { b: 0.85, c: 0.65, d: 0.85 },
  "defaults": { b: 0.75, c: 0.5, d: 0.75 },
  "--json": { b: 0.6, c: 0.35 },
};

const TARGETS: Target[] = [
  {
    what: "rate / node:tls",
    measure: "rate",
    against: "node:tls",
    must: "at least",
    marks: { a: 1.1, b: 1.1, c: 1.1, d: 1.1 },
  },
  {
    what: "CPU / node:tls",
    measure: "cpu",
    against: "node:tls",
    must: "at most",
    marks: { a: 0.9, b: 0.9, c: 0.9, d: 0.9 },
  },
  {
    what: "rate / Python asyncio",
    measure: "rate",
    against: "Python asyncio",
    must: "at least",
    marks: { b: 1.5, c: 1.5 },
  },
  {
    what: "rate / Python asyncio",
    measure: "rate",
    against: "Python asyncio",
    must: "more than",
    marks: { d: 1 },
  },
  {
    what: "CPU / C, epoll",
    measure: "cpu",
    against: "C, epoll",
    must: "at most",
    marks: { b: 1.35, c: 1.35, d: 1.4, e: 1 },
  },
  {
    what: "CPU / bare Deno",
    measure: "cpu",
    against: "bare Deno (64 KiB)",
    must: "at most",
    marks: { b: 1.05, c: 1.05, d: 1.05 },
  },
  {
    what: "rate / Go",
    measure: "rate",
    against: "Go crypto/tls",
    must: "more than",
    marks: { d: 1 },
  },
  {
    what: "rate / C, epoll",
    measure: "rate",
    against: "C, epoll",
    must: "more than",
    marks: { d: 1 },
  },
  {
    what: "rate with 2 workers / Go",
    measure: "rate",
    variant: "2 workers",
    against: "Go crypto/tls",
    must: "at least",
    marks: { b: 1, c: 1 },
  },
  {
    what: "memory / node:tls",
    measure: "memory",
    against: "node:tls",
    must: "less than",
    marks: { f: 1 },
  },
  {
    what: "memory, KB",
    measure: "memory",
    against: null,
    must: "at most",
    marks: { f: 26 },
  },
];

const MET: Record<Target["must"], (value: number, mark: number) => boolean> = {
  "at least": (value, mark) => value >= mark,
  "at most": (value, mark) => value <= mark,
  "more than": (value, mark) => value > mark,
  "less than": (value, mark) => value < mark,
};

/** The targets that the cases named decide, as a table in Markdown. */
export function targetLines(table: Table, cases: string[]): string[] {
  const builds = ["source", "dist"].filter((it) => table.names.includes(`echo (${it})`));
  const lines = [
    `| case | target | wanted | ${builds.join(" | ")} |`,
    `| --- | --- | --- | ${builds.map(() => "---").join(" | ")} |`,
  ];
  for (const target of TARGETS) {
    for (const [name, mark] of Object.entries(target.marks)) {
      if (!cases.includes(name)) continue;
      const answers = builds.map((it) => answer(table, target, it, name, mark));
      const wanted = `${target.must} ${mark}`;
      lines.push(`| ${name} | ${target.what} | ${wanted} | ${answers.join(" | ")} |`);
    }
  }
  return lines;
}

function answer(table: Table, target: Target, build: string, name: string, mark: number): string {
  const { measure, variant, against, must } = target;
  const plain = `echo (${build})`;
  const ours = variant === undefined ? plain : `echo (${build}, ${variant})`;
  const value = against === null
    ? table.median(name, ours, measure)
    : table.ratio(name, ours, against === "own" ? plain : against, measure);
  if (value === null) return "not measured";
  return `${MET[must](value, mark) ? "yes" : "**no**"}: ${value.toFixed(2)}`;
}
