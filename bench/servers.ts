/**
 * Who is measured: our server in the ways it can be started, and what a user would pick instead.
 *
 * @module
 */
import deno from "../deno.json" with { type: "json" };

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
const PEERS = `${ROOT}bench/peers`;

/** What a server is started with. */
export interface Place {
  /** A free port of `::1`. */
  port: number;
  /** Its certificate, a PEM file. */
  cert: string;
  /** Its private key, a PEM file. */
  key: string;
  /** A directory for what is compiled and written. */
  directory: string;
}

/** A server that is measured. */
export interface Contestant {
  /** What the tables call it. */
  name: string;
  /** What is sent to it: frames, over ALPN `echo/1`, or raw bytes. */
  dialect: "frames" | "raw";
  /** Whether it has a process for each connection: its memory is not looked at. */
  forks?: boolean;
  /** The file that its standard output goes to; nowhere when it has none. */
  stdout?(place: Place): string;
  /** The compiler's command line, where there is something to compile. */
  build?(directory: string): string[];
  /** How it is started. */
  command(place: Place): string[];
}

/** Our server: from source and, if it is there, dist/echo; each with and without the log. */
export async function ours(): Promise<Contestant[]> {
  const source = sourceCommand();
  const compiled = [`${ROOT}dist/echo`];
  const programs: [build: string, program: string[]][] = [["source", source]];
  if (await exists(compiled[0]!)) programs.push(["dist", compiled]);
  const all: Contestant[] = [];
  for (const [build, program] of programs) {
    const row = (variant: string, ...options: string[]): Contestant => ({
      name: variant === "" ? `echo (${build})` : `echo (${build}, ${variant})`,
      dialect: "frames",
      command: ({ port, cert, key, directory }) => [
        ...[...program, "server", "::1", `${port}`, "--cert", cert, "--key", key],
        ...(variant === "log" ? ["--log", `${directory}/echo-server.log`] : ["--no-log"]),
        ...["--style", "quiet"], // the others show nothing either
        ...options,
      ],
    });
    all.push(row(""), row("log"));
    if (await knowsWorkers(program)) all.push(row("2 workers", "--workers", "2"));
    if (build === "source") all.push({ ...row("raw"), dialect: "raw" });
  }
  return all;
}

/** How our server can be started: as it is by default, and with less. */
const STARTED: [name: string, options: string[]][] = [
  ["quiet, no log", ["--style", "quiet", "--no-log"]],
  ["log only", ["--style", "quiet"]],
  ["defaults", []],
  ["--json", ["--json"]],
];

/** Our server as it is started, with its output in files, as a service manager would keep it. */
export function started(): Contestant[] {
  const outputs = ({ directory }: Place) => `${directory}/stdout`;
  return STARTED.map(([name, options]) => ({
    name,
    dialect: "frames",
    stdout: outputs,
    command: ({ port, cert, key, directory }) => {
      const log = options.includes("--no-log") ? [] : ["--log", `${directory}/echo-server.log`];
      const files = ["--cert", cert, "--key", key, ...log];
      return [...sourceCommand(), "server", "::1", `${port}`, ...files, ...options];
    },
  }));
}

/** Our server with so many worker threads. */
export function withWorkers(count: number): Contestant {
  return {
    name: count === 1 ? "1 worker" : `${count} workers`,
    dialect: "frames",
    command: ({ port, cert, key }) => [
      ...[...sourceCommand(), "server", "::1", `${port}`, "--cert", cert, "--key", key],
      ...["--no-log", "--style", "quiet", "--workers", `${count}`],
    ],
  };
}

/** A loop of Deno alone, with a read buffer of so many bytes. */
function bareLoop(buffer: number): Contestant {
  const program = [`${PEERS}/deno_loop.ts`];
  return {
    name: `bare Deno (${buffer / 1024} KiB)`,
    dialect: "raw",
    command: ({ port, cert, key }) => [
      ...[Deno.execPath(), "run", "-A", "--config", `${ROOT}deno.json`, ...program],
      ...[`${port}`, cert, key, `${buffer}`],
    ],
  };
}

/** The others, the limit last. */
export const peers: Contestant[] = [
  bareLoop(64 * 1024),
  bareLoop(4 * 1024),
  {
    name: "Bun",
    dialect: "raw",
    command: ({ port, cert, key }) => ["bun", `${PEERS}/bun_tls.ts`, `${port}`, cert, key],
  },
  {
    name: "node:tls",
    dialect: "raw",
    command: ({ port, cert, key }) => ["node", `${PEERS}/node_tls.mjs`, `${port}`, cert, key],
  },
  {
    name: "Python asyncio",
    dialect: "raw",
    command: ({ port, cert, key }) => ["python3", `${PEERS}/asyncio_tls.py`, `${port}`, cert, key],
  },
  {
    name: "Go crypto/tls",
    dialect: "raw",
    build: (directory) => ["go", "build", "-o", `${directory}/go`, `${PEERS}/go/main.go`],
    command: ({ port, cert, key, directory }) => [`${directory}/go`, `${port}`, cert, key],
  },
  {
    name: "ncat",
    dialect: "raw",
    forks: true,
    command: ({ port, cert, key }) => [
      ...["ncat", "--ssl", "--ssl-cert", cert, "--ssl-key", key, "--max-conns", "2000"],
      ...["--keep-open", "-e", "/bin/cat", "-l", "::1", `${port}`],
    ],
  },
  {
    name: "socat",
    dialect: "raw",
    forks: true,
    command: ({ port, cert, key }) => [
      "socat",
      `OPENSSL-LISTEN:${port},pf=ip6,bind=[::1],reuseaddr,fork,nodelay,backlog=1024,verify=0,` +
      `cert=${cert},key=${key}`,
      "EXEC:cat",
    ],
  },
  {
    name: "C, epoll",
    dialect: "raw",
    build: (directory) => compileC(`${PEERS}/epoll.c`, `${directory}/epoll`),
    command: ({ port, cert, key, directory }) => [`${directory}/epoll`, `${port}`, cert, key],
  },
];

/** The compiler's command line for the load generator, `load` in the directory. */
export function compileLoad(directory: string): string[] {
  return compileC(`${ROOT}bench/load.c`, `${directory}/load`);
}

function compileC(source: string, output: string): string[] {
  return ["gcc", "-O2", "-Wall", "-Wextra", "-o", output, source, "-lssl", "-lcrypto"];
}

/** The server's task, with just its permissions, up to the name of the command. */
export function sourceCommand(): string[] {
  const words = deno.tasks.server.command.split(" ").slice(1, -1);
  return [Deno.execPath(), ...words.map((word) => word === "main.ts" ? `${ROOT}main.ts` : word)];
}

async function knowsWorkers([program, ...words]: string[]): Promise<boolean> {
  try {
    const help = new Deno.Command(program!, { args: [...words, "server", "--help"] });
    return new TextDecoder().decode((await help.output()).stdout).includes("--workers");
  } catch {
    return false; // what is wrong with it is told when it is measured
  }
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
