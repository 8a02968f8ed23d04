/**
 * Who is measured: our server as it can be started, and what a user would pick instead.
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
  /** A directory for what it writes, and for what was compiled. */
  directory: string;
}

/** A server that is measured. */
export interface Contestant {
  /** What the tables call it. */
  name: string;
  /** What is sent to it: `frames` over ALPN `echo/1`, or `raw` bytes. */
  dialect: "frames" | "raw";
  /** Whether it has a process for each connection: its memory is not looked at. */
  forks?: boolean;
  /** Makes the program, once; the command line. */
  build?(directory: string): string[];
  /** How it is started. */
  command(place: Place): string[];
}

/** All that could be measured here; what is not installed shows when it is built or started. */
export async function contestants(): Promise<Contestant[]> {
  const all = [...ours("source", sourceCommand())];
  const compiled = `${ROOT}dist/echo`;
  if (await exists(compiled)) all.push(...ours("dist", [compiled]));
  const [source] = all;
  all.push({ ...source!, name: "echo (source, raw)", dialect: "raw" });
  const help = await new Deno.Command(Deno.execPath(), {
    args: [...sourceCommand().slice(1), "server", "--help"],
  }).output();
  if (new TextDecoder().decode(help.stdout).includes("--workers")) {
    const base = [...all];
    for (const { name, dialect, command } of base.filter((it) => it.dialect === "frames")) {
      if (name.includes("log")) continue;
      all.push({
        name: name.replace(")", ", 2 workers)"),
        dialect,
        command: (place) => [...command(place), "--workers", "2"],
      });
    }
  }
  return [...all, ...PEERS_TABLE];
}

function ours(how: string, program: string[]): Contestant[] {
  const command = ({ port, cert, key }: Place) => {
    return [...program, "server", "::1", `${port}`, "--cert", cert, "--key", key];
  };
  return [
    {
      name: `echo (${how})`,
      dialect: "frames",
      command: (place) => [...command(place), "--no-log"],
    },
    {
      name: `echo (${how}, log)`,
      dialect: "frames",
      command: (place) => [...command(place), "--log", `${place.directory}/echo-server.log`],
    },
  ];
}

/** The server's task, with exactly its permissions. */
function sourceCommand(): string[] {
  const words = deno.tasks.server.command.split(" ").slice(1, -1);
  return [Deno.execPath(), ...words.map((word) => word === "main.ts" ? `${ROOT}main.ts` : word)];
}

const PEERS_TABLE: Contestant[] = [
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

/** Compiles the load generator to `directory`/load. */
export function buildLoad(directory: string): string[] {
  return compileC(`${ROOT}bench/load.c`, `${directory}/load`);
}

function compileC(source: string, output: string): string[] {
  return ["gcc", "-O2", "-o", output, source, "-lssl", "-lcrypto"];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
