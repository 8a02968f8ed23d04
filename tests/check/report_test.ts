import type { Outcome } from "../../lib/check/case.ts";
import { gradescopeReport, jsonReport, junitReport, tapReport } from "../../lib/check/report.ts";
import { outcomeLines, summaryLine } from "../../lib/console/check.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const PLAIN = { isColored: false };

const outcome = (id: string, more: Partial<Outcome>): Outcome => ({
  suite: "echo",
  id,
  title: `the ${id} comes back`,
  status: "passed",
  saw: "it came back",
  diagnosis: null,
  isConsequence: false,
  judged: "server",
  isMeasurement: false,
  points: 1,
  isStretch: false,
  time: 12.3,
  ...more,
});

const OUTCOMES = [
  outcome("line", {}),
  outcome("tail", { status: "failed", saw: `"<a&b>" came back`, diagnosis: "sends it twice" }),
  outcome("large", { status: "skipped", saw: "it needs tail", isConsequence: true }),
  outcome("frames", { status: "skipped", saw: "only for raw" }),
  outcome("rate", { status: "failed", saw: "\x1b[2J came back" }),
];

Deno.test("check: what a person sees has the mistake, and no escape of the server", PURE, () => {
  assertEquals(OUTCOMES.map((it) => outcomeLines(it, PLAIN)), [
    "ok      line             the line comes back",
    "FAILED  tail             the tail comes back\n" +
    "                         the server sends it twice\n" +
    '                         seen: "<a&b>" came back',
    "skipped large            the large comes back\n                         it needs tail",
    "skipped frames           the frames comes back\n                         only for raw",
    "FAILED  rate             the rate comes back\n" +
    "                         seen: \\x1b[2J came back",
  ]);
  assertEquals(
    outcomeLines(outcome("latency", { saw: "median 1 ms", isMeasurement: true }), PLAIN),
    "ok      latency          the latency comes back\n                         median 1 ms",
  );
  assertEquals(
    summaryLine({ passed: 1, failed: 2, skipped: 2 }, 1.26),
    "1 passed, 2 failed, 2 skipped, in 1.3 s",
  );
});

Deno.test("check: in color only the word is colored", PURE, () => {
  assertEquals(
    outcomeLines(OUTCOMES[0]!, { isColored: true }),
    "\x1b[32mok      \x1b[39mline             the line comes back",
  );
});

Deno.test("check: TAP", PURE, () => {
  assertEquals(tapReport(OUTCOMES.slice(0, 4)).split("\n"), [
    "TAP version 13",
    "1..4",
    "ok 1 - line: the line comes back",
    "not ok 2 - tail: the tail comes back",
    '# the server sends it twice ("<a&b>" came back)',
    "not ok 3 - large: the large comes back",
    "ok 4 - frames: the frames comes back # SKIP only for raw",
  ]);
});

Deno.test("check: JUnit", PURE, () => {
  assertEquals(junitReport(OUTCOMES.slice(0, 3), "::1 port 1").split("\n").map((it) => it.trim()), [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    '<testsuite name="echo check ::1 port 1" tests="3" failures="1" skipped="1" time="0.037">',
    '<testcase classname="echo" name="line: the line comes back" time="0.012"/>',
    '<testcase classname="echo" name="tail: the tail comes back" time="0.012">',
    '<failure message="the server sends it twice (&quot;&lt;a&amp;b&gt;&quot; came back)"/>',
    "</testcase>",
    '<testcase classname="echo" name="large: the large comes back" time="0.012">',
    '<skipped message="it needs tail"/>',
    "</testcase>",
    "</testsuite>",
    "</testsuites>",
  ]);
});

Deno.test(
  "check: Gradescope counts what follows from a mistake, and not what says nothing",
  PURE,
  () => {
    const { tests } = JSON.parse(gradescopeReport(OUTCOMES));
    assertEquals(
      tests.map((it: { name: string; score: number; max_score: number }) => [
        it.name.split(":")[0],
        it.score,
        it.max_score,
      ]),
      [["line", 1, 1], ["tail", 0, 1], ["large", 0, 1], ["rate", 0, 1]],
    );
  },
);

Deno.test("check: JSON has the counts and each case", PURE, () => {
  const { subject, passed, failed, skipped, cases } = JSON.parse(jsonReport(OUTCOMES, "a"));
  assertEquals([subject, passed, failed, skipped, cases.length], ["a", 1, 2, 2, 5]);
  assertEquals(cases[1].diagnosis, "sends it twice");
});
