/**
 * Programs of assignments, and `echo check` on them.
 *
 * @module
 */
import { runProgram } from "./echo.ts";
import { hasTool } from "./tools.ts";

/** The folder of the answers in Python. */
export const ANSWERS: string = new URL("../zoo/answers/", import.meta.url).pathname;

/** How the programs of each assignment are started. */
export const COMMANDS: Record<string, { server: string; client: string }> = {
  "000": { server: "server.py {host} {port}", client: "client.py {host} {port}" },
  "001": { server: "server.py {port}", client: "client.py {message} {port}" },
  "002": { server: "server.py {port}", client: "client.py {host} {port}" },
  "003": { server: "server.py {host} {port}", client: "client.py {host} {port} {message}" },
  "004": { server: "echoserver.py {port} {options}", client: "echoclient.py {host} {port}" },
};

/** What `--json` says. */
export interface Report {
  score: number;
  maxScore: number;
  cases: {
    id: string;
    status: string;
    saw: string;
    diagnosis: string | null;
    judged: string;
    isConsequence: boolean;
  }[];
}

/** Programs that are checked: commands, or their part after `python3`. */
export interface Programs {
  server?: string;
  client?: string;
}

/** Checks programs of an assignment, in an empty directory; returns code, report and errors. */
export async function checkPrograms(
  assignment: string,
  { server, client }: Programs,
  ...options: string[]
): Promise<[number, Report, string]> {
  // In the working directory 000 keeps its log, and other checks run at the same time.
  const directory = await Deno.makeTempDir();
  const python = (command: string) =>
    /^[^/{ ]\S*\.py/.test(command) ? `python3 ${ANSWERS}${assignment}/${command}` : command;
  const sides = [
    ...(server === undefined ? [] : ["--server", python(server)]),
    ...(client === undefined ? [] : ["--client", python(client)]),
  ];
  const args = ["check", assignment, "--dir", directory, ...sides, "--json", ...options];
  const { code, out, err } = await runProgram(args);
  await Deno.remove(directory, { recursive: true });
  return [code, JSON.parse(out), err];
}

/** Those that failed with what was seen, so that a test that fails says what it was. */
export function failuresIn({ cases }: Report): string[] {
  return cases.filter(({ status }) => status === "failed").map(({ id, saw }) => `${id}: ${saw}`);
}

/** The cases with this outcome. */
export function idsOf({ cases }: Report, status: string): string[] {
  return cases.filter((it) => it.status === status).map(({ id }) => id);
}

const canRun = Deno.build.os === "linux" && hasTool("python3");
const why = canRun ? "" : " (skipped: it needs Linux and python3)";

/** A test that runs programs in Python; skipped where that is missing. */
export function programTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `check: ${name}${why}`, ignore: !canRun, fn });
}
