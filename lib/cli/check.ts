/**
 * `echo check`: judges an echo server, and names its mistakes.
 *
 * @module
 */
import type { Outcome } from "../check/case.ts";
import { countsOf, gradescopeReport, jsonReport, junitReport, tapReport } from "../check/report.ts";
import { CHECK_DIALECTS } from "../check/server.ts";
import { outcomeLines, summaryLine } from "../console/check.ts";
import { Failure, reasonOf } from "../failure.ts";
import { suggestion } from "../text/suggest.ts";
import { NETWORK_SUITES, networkRuns, type Run } from "./check_runs.ts";
import type { Command } from "./command.ts";
import { caOption, pinOption } from "./common_options.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { columns, duration, file, flag, oneOf, type Option, type Values } from "./options.ts";
import { hostAndPortIn } from "./target.ts";

/** An option that may be given several times. */
function names(help: string, value: string): Option<string[]> {
  const parse = (text: string) => text === "" ? null : [text];
  return { value, isRepeatable: true, help, initial: [], shown: null, parse, expects: "a name" };
}

/** Its options. */
export const options = {
  "plain": flag("no TLS: for echo servers written by hand"),
  ...caOption,
  ...pinOption,
  "dialect": oneOf("how messages are told apart", CHECK_DIALECTS, "raw"),
  "suite": names(`run the suite NAME: ${NETWORK_SUITES.join(", ")}; may be repeated`, "NAME"),
  "only": names("run only the case ID; may be repeated", "ID"),
  "list": flag("list the cases and end"),
  "timeout": duration("how long all of it may take", 300_000),
  "json": flag("the outcomes as JSON"),
  "tap": flag("the outcomes as TAP, version 13"),
  "junit": file("write JUnit's XML to FILE too"),
  "gradescope": file("write Gradescope's results.json to FILE too"),
};

type CheckValues = Values<typeof options>;

/** The command. */
export const check: Command<typeof options> = {
  usage: "echo check HOST PORT [options]",
  summary: `Tries what every right echo server does, and names the mistake of one that does not.
It exits with 0 when nothing has failed, else with 6.`,
  words: [["HOST", "the server's name or address"], ["PORT", "its port"]],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    const endpoint = options.list ? { hostname: "localhost", port: 7 } : hostAndPortIn(words);
    const runs = selected(networkRuns(suitesIn(options.suite), endpoint, options), options.only);
    if (options.list) {
      await screen.print(
        columns(runs.flatMap(({ cases }) => cases).map((it) => [it.id, it.title])),
      );
      return 0;
    }
    const name = `${endpoint.hostname} port ${endpoint.port}`;
    shutdown.listen();
    const isForPeople = !options.json && !options.tap;
    const signal = AbortSignal.any([shutdown.signal, AbortSignal.timeout(options.timeout)]);
    const begun = performance.now();
    const running = runAll(runs, (outcome) => {
      if (isForPeople) void screen.print(outcomeLines(outcome));
    }, signal);
    const forced = shutdown.forced.then(() => null);
    const outcomes = await Promise.race([running, forced]);
    if (outcomes === null) return INTERRUPTED;
    const counts = countsOf(outcomes);
    if (options.json) await screen.print(jsonReport(outcomes, name));
    else if (options.tap) await screen.print(tapReport(outcomes));
    else await screen.print(summaryLine(counts, (performance.now() - begun) / 1000));
    await writeReports(outcomes, name, options);
    if (unreachable(outcomes)) {
      const why = outcomes[0]!.saw.replace(/^cannot connect to .*? port \d+: /, "");
      throw new Failure("unreachable", { what: `cannot check ${name}`, why });
    }
    return counts.failed > 0 ? 6 : 0;
  },
};

async function runAll(
  runs: readonly Run[],
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const run of runs) outcomes.push(...await run.start(onOutcome, signal));
  return outcomes;
}

/** The suites that `--suite` names; `echo` without it. */
function suitesIn(names: string[]): string[] {
  for (const name of names) expectOneOf("--suite", name, NETWORK_SUITES, "suite");
  return names.length === 0 ? ["echo"] : names;
}

/** The runs with those cases alone that `--only` names; with all of them without it. */
function selected(runs: readonly Run[], only: string[]): Run[] {
  const ids = runs.flatMap(({ cases }) => cases.map(({ id }) => id));
  for (const id of only) expectOneOf("--only", id, ids, "case");
  return only.length === 0 ? [...runs] : runs.map((run) => run.with(only));
}

function expectOneOf(option: string, name: string, known: readonly string[], kind: string): void {
  if (known.includes(name)) return;
  const meant = suggestion(name, known);
  const hint = meant === null ? "see --list" : `did you mean ${meant}?`;
  throw new Failure("usage", {
    what: `cannot use ${option} "${name}"`,
    why: `there is no such ${kind}`,
    hint,
  });
}

/** Whether there is no server at all: that is no mistake of one. */
function unreachable(outcomes: readonly Outcome[]): boolean {
  return outcomes[0]?.status === "failed" &&
    outcomes.every(({ status, saw }) =>
      status === "skipped" || status === "failed" && /^cannot connect/.test(saw)
    );
}

async function writeReports(
  outcomes: readonly Outcome[],
  server: string,
  { junit, gradescope }: CheckValues,
): Promise<void> {
  const files = [
    [junit, () => junitReport(outcomes, server)],
    [gradescope, () => gradescopeReport(outcomes)],
  ] as const;
  for (const [path, text] of files) {
    if (path === null) continue;
    try {
      await Deno.writeTextFile(path, `${text()}\n`);
    } catch (cause) {
      throw new Failure("failed", { what: `cannot write "${path}"`, why: reasonOf(cause), cause });
    }
  }
}
