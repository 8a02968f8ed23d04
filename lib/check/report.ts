/**
 * The outcomes of a check for other programs: JSON, JUnit, TAP, and Gradescope.
 *
 * @module
 */
import { jsonLine, safeText } from "../text/escape.ts";
import type { Outcome } from "./case.ts";

/** How many outcomes there are of each kind. */
export function countsOf(outcomes: readonly Outcome[]): Record<Outcome["status"], number> {
  const count = (status: Outcome["status"]) => outcomes.filter((it) => it.status === status).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

/** What is wrong, in one line: the mistake where it is known, and what was seen. */
export function explanationOf({ saw, diagnosis }: Outcome): string {
  return diagnosis === null ? saw : `the server ${diagnosis} (${saw})`;
}

/** One JSON object. */
export function jsonReport(outcomes: readonly Outcome[], server: string): string {
  const rounded = outcomes.map((it) => ({ ...it, time: Math.round(it.time) }));
  return jsonLine({ server, ...countsOf(outcomes), cases: rounded });
}

/** The Test Anything Protocol, version 13. */
export function tapReport(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map((it, index) => {
    const ok = it.status === "failed" ? "not ok" : "ok";
    const saw = safeText(it.saw);
    const title = `${ok} ${index + 1} - ${it.id}: ${it.title}`.replaceAll("#", "\\#");
    if (it.status === "skipped") return `${title} # SKIP ${saw}`;
    return it.status === "failed" ? `${title}\n# ${safeText(explanationOf(it))}` : title;
  });
  return ["TAP version 13", `1..${outcomes.length}`, ...lines].join("\n");
}

/** JUnit's XML, as most services of continuous integration read it. */
export function junitReport(outcomes: readonly Outcome[], server: string): string {
  const { failed, skipped } = countsOf(outcomes);
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total = outcomes.reduce((sum, { time }) => sum + time, 0);
  const cases = outcomes.map((it) => {
    const head = `    <testcase classname="echo" name="${xml(`${it.id}: ${it.title}`)}" time="${
      seconds(it.time)
    }"`;
    if (it.status === "passed") return `${head}/>`;
    const inner = it.status === "skipped"
      ? `<skipped message="${xml(it.saw)}"/>`
      : `<failure message="${xml(explanationOf(it))}"/>`;
    return `${head}>\n      ${inner}\n    </testcase>`;
  });
  const counts = `tests="${outcomes.length}" failures="${failed}" skipped="${skipped}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="${xml(`echo check ${server}`)}" ${counts} time="${seconds(total)}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}

/** Gradescope's results.json: a point for each case that says something about this server. */
export function gradescopeReport(outcomes: readonly Outcome[]): string {
  const tests = outcomes.filter((it) => it.status !== "skipped" || it.isConsequence).map((it) => ({
    name: `${it.id}: ${it.title}`,
    score: it.status === "passed" ? 1 : 0,
    max_score: 1,
    status: it.status === "passed" ? "passed" : "failed",
    output: explanationOf(it),
  }));
  return JSON.stringify({ tests }, null, 2);
}

/** Characters that XML has no place for become spaces. */
function xml(text: string): string {
  // deno-lint-ignore no-control-regex -- XML 1.0 allows only three of them
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, " ")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
