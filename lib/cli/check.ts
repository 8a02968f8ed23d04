/**
 * `echo check`: judges an echo server, or the programs of an assignment, and names their mistakes.
 *
 * @module
 */
import type { Outcome } from "../check/case.ts";
import {
  countsOf,
  gradescopeReport,
  jsonReport,
  junitReport,
  scoreOf,
  tapReport,
} from "../check/report.ts";
import { CHECK_DIALECTS } from "../check/server.ts";
import { outcomeLines, scoreLine, summaryLine } from "../console/check.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { Screen } from "../console/screen.ts";
import { suggestion } from "../text/suggest.ts";
import { formatDuration } from "../text/units.ts";
import { assignmentOf, ASSIGNMENTS, suiteOf } from "./check_programs.ts";
import { NETWORK_SUITES, networkRuns, type Run, runOf } from "./check_runs.ts";
import type { Command } from "./command.ts";
import { caOption, pinOption } from "./common_options.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { columns, duration, file, flag, oneOf, type Option, text, type Values } from "./options.ts";
import { hostAndPortIn } from "./target.ts";

/** What a person should know whose server takes no port. */
const FIXED_PORT =
  "without {port} the server has to wait, after a stop, until its port is free again";

/** An option that may be given several times. */
function names(help: string, value: string): Option<string[]> {
  const parse = (text: string) => text === "" ? null : [text];
  return { value, isRepeatable: true, help, initial: [], shown: null, parse, expects: "a name" };
}

/** An option with a command line. */
function command(help: string): Option<string | null> {
  return { ...text(help), value: "COMMAND", expects: "a command" };
}

/** Its options. */
export const options = {
  "plain": flag("no TLS: for echo servers written by hand"),
  ...caOption,
  ...pinOption,
  "dialect": oneOf("how messages are told apart", CHECK_DIALECTS, "raw"),
  "suite": names(`run the suite NAME: ${NETWORK_SUITES.join(", ")}; may be repeated`, "NAME"),
  "idle": duration("how long a connection is silent, for the suite path", 5_000),
  "server": command("for an assignment: the server, as in 'python3 server.py {port}'"),
  "client": command("for an assignment: the client, as in 'python3 client.py {host} {port}'"),
  "dir": { ...file("for an assignment: where the programs run", "."), value: "DIR" },
  "strict": flag("for an assignment: lines must be as in its sample, to the letter"),
  "score": flag("print the points too"),
  "only": names("run only the case ID; may be repeated", "ID"),
  "list": flag("list the cases and end"),
  "timeout": duration("how long all of it may take", 600_000),
  "json": flag("the outcomes as JSON"),
  "tap": flag("the outcomes as TAP, version 13"),
  "junit": file("write JUnit's XML to FILE too"),
  "gradescope": file("write Gradescope's results.json to FILE too"),
};

type CheckValues = Values<typeof options>;

/** The command. */
export const check: Command<typeof options> = {
  usage: "echo check HOST PORT [options], or echo check ASSIGNMENT [options]",
  summary: `Tries what every right echo server does, and names the mistake of one that does not.
With the number of an assignment it starts your server and your client, and tries what the
assignment asks for; without one of them, ours takes its place.
It exits with 0 when nothing has failed, else with 6.`,
  words: [
    ["HOST", "the server's name or address"],
    ["PORT", "its port"],
    ["ASSIGNMENT", ASSIGNMENTS.join(", ")],
  ],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    if (options.json && options.tap) {
      throw new Failure("usage", { what: "cannot use --json with --tap", why: "both print" });
    }
    expectTimeFor(options);
    const plan = planOf(words, options);
    const runs = selected(plan.runs, options.only);
    if (options.list) {
      const cases = runs.flatMap((run) => run.cases);
      await screen.print(columns(cases.map(({ id, title }) => [id, title])));
      return 0;
    }
    shutdown.listen();
    const isForPeople = !options.json && !options.tap;
    if (isForPeople) { for (const line of plan.announcement) void screen.print(line); }
    const isColored = screen.isTerminal && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
    const signal = AbortSignal.any([shutdown.signal, AbortSignal.timeout(options.timeout)]);
    const begun = performance.now();
    const running = runAll(runs, (outcome) => {
      if (isForPeople) void screen.print(outcomeLines(outcome, { isColored }));
    }, signal);
    const forced = shutdown.forced.then(() => null);
    const outcomes = await Promise.race([running, forced]);
    await plan.end(screen);
    if (outcomes === null) return INTERRUPTED;
    const counts = countsOf(outcomes);
    if (options.json) await screen.print(jsonReport(outcomes, plan.name));
    else if (options.tap) await screen.print(tapReport(outcomes));
    else await screen.print(summaryLine(counts, (performance.now() - begun) / 1000));
    if (isForPeople && options.score) await screen.print(scoreLine(scoreOf(outcomes)));
    if (shutdown.signal.aborted) return INTERRUPTED; // what was not tried is no result
    await writeReports(outcomes, plan.name, options);
    if (unreachable(outcomes)) {
      const failed = outcomes.find(({ status }) => status === "failed")!;
      const why = failed.saw.replace(/^cannot connect to .*? port \d+: /, "");
      throw new Failure("unreachable", { what: `cannot check ${plan.name}`, why });
    }
    return counts.failed > 0 || signal.aborted ? 6 : 0;
  },
};

/** What is run. */
interface Plan {
  /** What is judged. */
  name: string;
  runs: readonly Run[];
  /** Lines for a person, before anything is started. */
  announcement: string[];
  /** Ends what may be left of it. */
  end(screen: Screen): Promise<void>;
}

function planOf(words: string[], options: CheckValues): Plan {
  const [assignment, ...others] = words;
  if (assignment !== undefined && ASSIGNMENTS.includes(assignment) && others.length === 0) {
    return planPrograms(assignment, options);
  }
  if (/^\d{3}$/.test(assignment ?? "") && others.length === 0) {
    const why = `there is no such assignment; they are ${ASSIGNMENTS.join(", ")}`;
    throw new Failure("usage", { what: `cannot check ${assignment}`, why });
  }
  for (const name of ["server", "client"] as const) {
    if (options[name] === null) continue;
    const hint = `as in check 002 --${name} COMMAND; they are ${ASSIGNMENTS.join(", ")}`;
    const why = "it is for an assignment";
    throw new Failure("usage", { what: `cannot use --${name}`, why, hint });
  }
  const endpoint = options.list ? { hostname: "localhost", port: 7 } : hostAndPortIn(words);
  return {
    name: `${endpoint.hostname} port ${endpoint.port}`,
    runs: networkRuns(suitesIn(options.suite), endpoint, options),
    announcement: [],
    end: () => Promise.resolve(),
  };
}

function planPrograms(assignment: string, options: CheckValues): Plan {
  const suite = suiteOf(assignment);
  if (options.list) {
    const open = () => Promise.reject(new Error("a list opens nothing"));
    return {
      name: assignment,
      runs: [runOf(suite, open)],
      announcement: [],
      end: () => Promise.resolve(),
    };
  }
  const programs = assignmentOf(assignment, { ...options, dir: options.dir ?? "." });
  const shown = (role: "server" | "client") =>
    `${role}: ${programs.isOurs(role) ? "our own" : options[role]}`;
  return {
    name: `assignment ${assignment}`,
    runs: [runOf(suite, () => Promise.resolve(programs))],
    announcement: [
      shown("server"),
      shown("client"),
      ...(programs.hasFixedPort && !programs.isOurs("server") ? [FIXED_PORT] : []),
    ],
    async end(screen) {
      await programs.end();
      const { leftBehind } = programs;
      if (leftBehind === 0) return;
      const many = leftBehind === 1 ? "1 process" : `${leftBehind} processes`;
      await screen.printDiagnostic(`echo: ended ${many} that the programs had left behind`);
    },
  };
}

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

/** All together has to take longer than the silence that is a part of it. */
function expectTimeFor({ suite, idle, timeout }: CheckValues): void {
  if (!suite.includes("path") || idle < timeout) return;
  throw new Failure("usage", {
    what: `cannot use --idle ${formatDuration(idle)}`,
    why: `all of it may take ${formatDuration(timeout)}`,
    hint: "give a longer --timeout too",
  });
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
  return outcomes.some(({ status }) => status === "failed") &&
    outcomes.every(({ status, saw }) =>
      status === "skipped" || status === "failed" && /^cannot connect/.test(saw)
    );
}

async function writeReports(
  outcomes: readonly Outcome[],
  subject: string,
  { junit, gradescope }: CheckValues,
): Promise<void> {
  const files = [
    [junit, () => junitReport(outcomes, subject)],
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
