/**
 * The suites of `echo check` for the programs of an assignment.
 *
 * @module
 */
import { join } from "node:path";
import deno from "../../deno.json" with { type: "json" };
import { Assignment, type Role } from "../check/programs/assignment.ts";
import { SUITE_000 } from "../check/programs/suite_000.ts";
import { SUITE_001 } from "../check/programs/suite_001.ts";
import { SUITE_002 } from "../check/programs/suite_002.ts";
import { SUITE_003 } from "../check/programs/suite_003.ts";
import { SUITE_004 } from "../check/programs/suite_004.ts";
import type { Suite } from "../check/case.ts";
import { splitCommand, unknownPlace } from "../check/programs/command_line.ts";
import { Probe } from "../check/server.ts";
import { Failure, reasonOf } from "../failure.ts";
import { clientHello } from "../net/client_hello.ts";
import { connectPlain } from "../net/connect.ts";
import { listen } from "../net/listen.ts";
import { freePort, isFree } from "../net/free_port.ts";
import { adoptOrphans } from "../net/process.ts";

/** How long a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** An assignment: its cases, and our own answer to it. */
interface Answer {
  suite: Suite<Assignment>;
  /** The arguments of our own programs. */
  ours: Record<Role, string>;
  /** The address of the server. */
  host: string;
  /** Whether a port may be asked for. */
  asksForAddress?: boolean;
}

/** All but 000 are without TLS, as they are written in a course; the programs talk line by line. */
const ANSWERS: Record<string, Answer> = {
  "000": {
    suite: SUITE_000,
    ours: { server: "server {host} {port}", client: "client {host} {port}" },
    host: "::1",
  },
  "001": {
    suite: SUITE_001,
    ours: {
      server: "server {host} {port} --plain -b --style banner --no-log",
      client: "client {host} {port} {message} --plain --style banner",
    },
    host: "127.0.0.1",
  },
  "002": {
    suite: SUITE_002,
    ours: {
      server: "server {port} --plain --dialect lines --once --no-log",
      client: "client {host} {port} --plain --dialect lines",
    },
    host: "127.0.0.1",
    asksForAddress: true,
  },
  "003": {
    suite: SUITE_003,
    ours: {
      server: "server {host} {port} --plain --style python --buffer 1k --no-log",
      client: "client {host} {port} {message} --plain --style python --buffer 1k",
    },
    host: "127.0.0.1",
  },
  "004": {
    suite: SUITE_004,
    ours: {
      server: "server {port} {options} --plain --style plus --no-log",
      client: "client {host} {port} --plain -b --style plus",
    },
    host: "127.0.0.1",
  },
};

/** The names of these suites. */
export const ASSIGNMENTS: readonly string[] = Object.keys(ANSWERS);

/** What the options say. */
export interface ProgramOptions {
  /** `--server`. */
  server: string | null;
  /** `--client`. */
  client: string | null;
  /** `--dir`. */
  dir: string;
  /** `--strict`. */
  strict: boolean;
}

/** The suite of this name. */
export function suiteOf(name: string): Suite<Assignment> {
  return ANSWERS[name]!.suite;
}

/** The programs of an assignment, which are not started yet. */
export function assignmentOf(name: string, options: ProgramOptions): Assignment {
  const { ours, host, asksForAddress = false } = ANSWERS[name]!;
  if (options.server === null && options.client === null) {
    throw new Failure("usage", {
      what: `cannot check ${name}`,
      why: "there is no program",
      hint: "give --server COMMAND, --client COMMAND or both",
    });
  }
  expectDirectory(options.dir);
  if (!adoptOrphans()) {
    const why = "programs are ended with all that they start, which needs Linux and FFI";
    throw new Failure("failed", { what: `cannot check ${name}`, why });
  }
  const commands = {
    server: wordsOf("server", options.server) ?? ourWords(ours.server),
    client: wordsOf("client", options.client) ?? ourWords(ours.client),
  };
  const roles: readonly Role[] = ["server", "client"];
  return new Assignment({
    commands,
    ours: roles.filter((role) => options[role] === null),
    directory: options.dir,
    host,
    asksForAddress,
    isStrict: options.strict,
    freePort,
    isFree,
    clientHello: () =>
      clientHello({ versions: [0x0304, 0x0303], serverName: "localhost", protocols: [] }),
    connect: async (at) => {
      const signal = new AbortController().signal;
      return new Probe(await connectPlain({ ...at, timeout: CONNECT_TIMEOUT_MS, signal }));
    },
    listen: () => listen({ hostname: host, port: 0, tls: null }),
  });
}

function expectDirectory(path: string): void {
  try {
    if (Deno.statSync(path).isDirectory) return;
    throw new Error("it is no directory");
  } catch (error) {
    throw new Failure("usage", { what: `cannot use --dir "${path}"`, why: reasonOf(error) });
  }
}

function wordsOf(role: Role, command: string | null): string[] | null {
  if (command === null) return null;
  const words = splitCommand(command);
  const unknown = words && unknownPlace(words);
  if (words !== null && words.length > 0 && unknown === null) return words;
  const why = words === null
    ? "a quote is not closed"
    : unknown === null
    ? "it is empty"
    : `there is no ${unknown}, only {host}, {port}, {message} and {options}`;
  throw new Failure("usage", { what: `cannot use --${role} "${command}"`, why });
}

/** The words that start this program itself. */
function ourWords(args: string): string[] {
  if (Deno.build.standalone) return [Deno.execPath(), ...args.split(" ")];
  const main = join(import.meta.dirname!, "..", "..", "main.ts");
  const words = deno.tasks.echo.command.split(" ").slice(1)
    .map((word) => word === "main.ts" ? main : word);
  return [Deno.execPath(), ...words, ...args.split(" ")];
}
