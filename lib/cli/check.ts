/**
 * `echo check`: judges an echo server, and names its mistakes.
 *
 * @module
 */
import type { Case, Outcome } from "../check/case.ts";
import { ECHO_SUITE } from "../check/echo_suite.ts";
import { countsOf, gradescopeReport, jsonReport, junitReport, tapReport } from "../check/report.ts";
import { runCases } from "../check/run.ts";
import { CHECK_DIALECTS, Server } from "../check/server.ts";
import { outcomeLines, summaryLine } from "../console/check.ts";
import { Failure, reasonOf } from "../failure.ts";
import { suggestion } from "../text/suggest.ts";
import { dialerOf } from "./bench_dialer.ts";
import type { Command } from "./command.ts";
import { caOption, pinOption } from "./common_options.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { columns, duration, file, flag, oneOf, type Option, type Values } from "./options.ts";
import { hostAndPortIn } from "./target.ts";

/** How long a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

const suites: Record<string, readonly Case[]> = { echo: ECHO_SUITE };

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
    const cases = casesOf(options.only);
    if (options.list) {
      await screen.print(columns(cases.map(({ id, title }) => [id, title])));
      return 0;
    }
    const { hostname, port } = hostAndPortIn(words);
    shutdown.listen();
    const dialect = options.dialect === "frames" ? "frames" : "raw"; // of lines TLS knows nothing
    const dialing = { ...options, dialect, timeout: CONNECT_TIMEOUT_MS } as const;
    const dial = await dialerOf(hostname, port, dialing);
    const server = new Server(dial, options.dialect);
    const name = `${hostname} port ${port}`;
    const isForPeople = !options.json && !options.tap;
    const signal = AbortSignal.any([shutdown.signal, AbortSignal.timeout(options.timeout)]);
    const begun = performance.now();
    const running = runCases(cases, server, (outcome) => {
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

function casesOf(only: string[]): Case[] {
  const all = Object.values(suites).flat();
  for (const id of only) {
    if (all.some((it) => it.id === id)) continue;
    const meant = suggestion(id, all.map((it) => it.id));
    const hint = meant === null ? "see --list" : `did you mean ${meant}?`;
    throw new Failure("usage", {
      what: `cannot use --only "${id}"`,
      why: "there is no such case",
      hint,
    });
  }
  return all.filter(({ id }) => only.length === 0 || only.includes(id));
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
