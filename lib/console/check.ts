/**
 * How `echo check` looks to a person.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Outcome } from "../check/case.ts";
import { safeText } from "../text/escape.ts";

const WORDS = { passed: "ok", failed: "FAILED", skipped: "skipped" } as const;

const COLORS = { passed: "green", failed: "red", skipped: "yellow" } as const;

const ID_WIDTH = 16;

/** The lines for an outcome; a failure has the mistake below it, a measurement its result. */
export function outcomeLines(
  { id, title, status, saw, diagnosis, judged, isMeasurement }: Outcome,
  { isColored }: { isColored: boolean },
): string {
  const plain = WORDS[status].padEnd(8);
  const word = isColored ? styleText(COLORS[status], plain, { validateStream: false }) : plain;
  const head = `${word}${id.padEnd(ID_WIDTH)} ${title}`;
  const indent = " ".repeat(8 + ID_WIDTH + 1);
  if (status === "passed" && !isMeasurement) return head;
  if (status !== "failed") return `${head}\n${indent}${safeText(saw)}`;
  const mistake = diagnosis === null ? [] : [`${indent}the ${judged} ${safeText(diagnosis)}`];
  return [head, ...mistake, `${indent}seen: ${safeText(saw)}`].join("\n");
}

/** The last line. */
export function summaryLine(
  { passed, failed, skipped }: Record<Outcome["status"], number>,
  seconds: number,
): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped, in ${seconds.toFixed(1)} s`;
}

/** The points, for a person. */
export function scoreLine({ score, maxScore }: { score: number; maxScore: number }): string {
  return `${score} of ${maxScore} points`;
}
