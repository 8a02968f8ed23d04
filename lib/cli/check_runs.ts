/**
 * The suites of `echo check`, each with what its cases are about.
 *
 * @module
 */
import type { Case, Outcome, Subject, Suite } from "../check/case.ts";
import { echoSuite } from "../check/echo/suite.ts";
import { pathSuite } from "../check/path/suite.ts";
import { runSuite } from "../check/run.ts";
import { type CheckDialect, Server } from "../check/server.ts";
import { TLS_SUITE } from "../check/tls/suite.ts";
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import { dialerOf } from "./bench_dialer.ts";
import { openTlsServer } from "./check_tls.ts";
import { openPath } from "./check_path.ts";

/** How long a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** How the server is reached, as the options say. */
export interface NetworkOptions {
  /** `--plain`. */
  plain: boolean;
  /** `--ca`. */
  ca: string | null;
  /** `--pin`. */
  pin: string | null;
  /** `--dialect`. */
  dialect: CheckDialect;
  /** `--idle`, in milliseconds. */
  idle: number;
}

/** A suite that is ready to run. */
export interface Run {
  /** Its cases. */
  cases: readonly Pick<Case<Subject>, "id" | "title">[];
  /** The suite's name. */
  name: string;
  /** The same with these cases alone. */
  with(ids: readonly string[]): Run;
  /** Runs it. */
  start(onOutcome: (outcome: Outcome) => void, signal: AbortSignal): Promise<Outcome[]>;
}

/** A run of `suite`; its subject is made at the start. */
export function runOf<S extends Subject>(suite: Suite<S>, open: () => Promise<S>): Run {
  return {
    name: suite.name,
    cases: suite.cases,
    with: (ids) =>
      runOf({ ...suite, cases: suite.cases.filter(({ id }) => ids.includes(id)) }, open),
    start: async (onOutcome, signal) => await runSuite(suite, await open(), onOutcome, signal),
  };
}

const RUNS: Record<string, (endpoint: Endpoint, options: NetworkOptions) => Run> = {
  echo: (endpoint, options) =>
    runOf(echoSuite(options.dialect), () => openServer(endpoint, options)),
  tls: (endpoint, options) => {
    if (options.plain) {
      const what = "cannot run the suite tls with --plain";
      throw new Failure("usage", { what, why: "without TLS there is nothing to judge" });
    }
    return runOf(TLS_SUITE, () => openTlsServer(endpoint, options));
  },
  path: (endpoint, options) => {
    if (options.dialect === "websocket") {
      const what = "cannot run the suite path with --dialect websocket";
      throw new Failure("usage", { what, why: "it needs raw, lines or frames" });
    }
    return runOf(pathSuite(options.idle), () => openPath(endpoint, options, CONNECT_TIMEOUT_MS));
  },
};

/** The names of the suites for a server on the network. */
export const NETWORK_SUITES: readonly string[] = Object.keys(RUNS);

/** The suites of these names, about the server at `endpoint`. */
export function networkRuns(
  names: readonly string[],
  endpoint: Endpoint,
  options: NetworkOptions,
): Run[] {
  return names.map((name) => RUNS[name]!(endpoint, options));
}

async function openServer(
  { hostname, port }: Endpoint,
  options: NetworkOptions,
): Promise<Server> {
  const dialect = options.dialect === "lines" ? "raw" : options.dialect; // TLS knows no lines
  const dialing = { ...options, dialect, timeout: CONNECT_TIMEOUT_MS } as const;
  return new Server(await dialerOf(hostname, port, dialing), options.dialect);
}
