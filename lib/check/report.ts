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

/** The points that were reached, and those of all cases that say something; extra ones on top. */
export function scoreOf(outcomes: readonly Outcome[]): { score: number; maxScore: number } {
  const sum = (some: readonly Outcome[]) => some.reduce((total, { points }) => total + points, 0);
  return {
    score: sum(outcomes.filter(({ status }) => status === "passed")),
    maxScore: sum(outcomes.filter((it) => !it.isStretch && isJudged(it))),
  };
}

/** Whether it says something about what is judged. */
function isJudged({ status, isConsequence }: Outcome): boolean {
  return status !== "skipped" || isConsequence;
}

/** What is wrong, in one line: the mistake where it is known, and what was seen. */
export function explanationOf({ saw, diagnosis, judged }: Outcome): string {
  return diagnosis === null ? saw : `the ${judged} ${diagnosis} (${saw})`;
}

/** One JSON object. */
export function jsonReport(outcomes: readonly Outcome[], subject: string): string {
  const rounded = outcomes.map((it) => ({ ...it, time: Math.round(it.time) }));
  return jsonLine({ subject, ...countsOf(outcomes), ...scoreOf(outcomes), cases: rounded });
}

/** The Test Anything Protocol, version 13. */
export function tapReport(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map((it, index) => {
    const ok = it.status === "failed" || it.isConsequence ? "not ok" : "ok";
    const saw = safeText(it.saw);
    const title = `${ok} ${index + 1} - ${it.id}: ${it.title}`.replaceAll("#", "\\#");
    if (it.status === "skipped" && !it.isConsequence) return `${title} # SKIP ${saw}`;
    return it.status === "failed" ? `${title}\n# ${safeText(explanationOf(it))}` : title;
  });
  return ["TAP version 13", `1..${outcomes.length}`, ...lines].join("\n");
}

/** JUnit's XML, as most services of continuous integration read it. */
export function junitReport(outcomes: readonly Outcome[], subject: string): string {
  const { failed, skipped } = countsOf(outcomes);
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total = outcomes.reduce((sum, { time }) => sum + time, 0);
  const cases = outcomes.map((it) => {
    const head = `    <testcase classname="${it.suite}" name="${
      xml(`${it.id}: ${it.title}`)
    }" time="${seconds(it.time)}"`;
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
    `  <testsuite name="${xml(`echo check ${subject}`)}" ${counts} time="${seconds(total)}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}

/** Gradescope's results.json: the points of each case that says something. */
export function gradescopeReport(outcomes: readonly Outcome[]): string {
  const tests = outcomes.filter(isJudged).map((it) => ({
    name: `${it.id}: ${it.title}`,
    score: it.status === "passed" ? it.points : 0,
    max_score: it.isStretch ? 0 : it.points,
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
