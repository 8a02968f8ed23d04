/**
 * The real program as a fixture: started, typed to, waited for, and gone at the end of the block.
 * It runs with exactly the permissions that deno.json gives it.
 *
 * @module
 */
import { relative } from "node:path";
import deno from "../../deno.json" with { type: "json" };

const ROOT = `${import.meta.dirname}/../..`;

/** How a program is started besides its arguments. */
export interface StartOptions {
  /** Variables besides the ones we have. */
  env?: Record<string, string>;
  /** Where it runs; the checkout unless told otherwise. */
  cwd?: string;
  /** The command that runs it: `ip netns exec NAME`. */
  within?: string[];
  /** Another checkout to run, with certificates of its own. */
  root?: string;
  /** A permission that it is not granted: `ffi`. */
  denied?: string;
}

/** Lines of one of a program's outputs, as they come. */
class Lines {
  readonly #lines: string[] = [];
  readonly #done: Promise<void>;
  #ended = false;
  #next = 0;
  #wake = () => {};

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#done = this.#collect(stream);
  }

  /** All of it, once it has ended. */
  get text(): Promise<string> {
    return this.#done.then(() => this.#lines.join("\n"));
  }

  /** What has come so far. */
  get soFar(): string {
    return this.#lines.join("\n");
  }

  /** The next line, or null at the end. */
  async next(): Promise<string | null> {
    while (this.#next === this.#lines.length) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#lines[this.#next++]!;
  }

  /** Goes on to the next line that matches; fails at the end. */
  async find(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const line = await this.next();
      if (line === null) throw new Error(`no line matches ${pattern} in:\n${this.soFar}`);
      const found = pattern.exec(line);
      if (found !== null) return found;
    }
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    // Strictly: a byte that is no text is never shown on purpose.
    const decoder = new TextDecoderStream("utf-8", { fatal: true, ignoreBOM: true });
    try {
      for await (const piece of stream.pipeThrough(decoder)) {
        const lines = (rest + piece).split("\n");
        rest = lines.pop()!;
        this.#lines.push(...lines);
        this.#wake();
      }
      if (rest !== "") this.#lines.push(rest);
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #over = false;
  /** What it writes to standard output. */
  readonly out: Lines;
  /** What it writes to standard error. */
  readonly err: Lines;

  /** Starts `echo` with the arguments given. */
  constructor(args: string[], { env = {}, cwd, root, denied, within = [] }: StartOptions = {}) {
    const granted = commandFor(args[0], root).filter((it) => !it.startsWith(`--allow-${denied}`));
    const [command, ...before] = [...within, ...granted];
    this.#child = new Deno.Command(command!, {
      args: [...before, ...args],
      env: { NO_COLOR: "1", INIT_CWD: ROOT, ...env },
      cwd: cwd ?? ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.out = new Lines(this.#child.stdout);
    this.err = new Lines(this.#child.stderr);
    this.#child.status.then(() => this.#over = true);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Its exit code, once it has ended. */
  get code(): Promise<number> {
    return this.#child.status.then(({ code }) => code);
  }

  /** Types text, as it is. */
  async type(text: string | Uint8Array): Promise<void> {
    await this.#input.write(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it, if it still runs, and gives everything back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#child.kill("SIGKILL");
    await this.endInput();
    // A killed program can have been in the middle of a character.
    await Promise.allSettled([this.#child.status, this.out.text, this.err.text]);
  }
}

/** A running server and the port it listens on. */
export interface Server extends AsyncDisposable {
  /** The program. */
  program: Program;
  /** Its port, on `::1`. */
  port: number;
  /** Starts a client that is connected to it. */
  client(...options: string[]): Program;
}

/** A server that is not to be started and recognized as usual. */
export interface UnusualServer extends StartOptions {
  /** HOST, PORT and options. */
  args: string[];
  /** The line that says that it listens; its first group is the port. */
  ready: RegExp;
}

/** Starts a server on a free port of `::1` without a log, and waits until it listens. */
export async function startServer(...how: string[] | [UnusualServer]): Promise<Server> {
  const { args, ready, ...options }: UnusualServer = typeof how[0] === "object" ? how[0] : {
    args: ["::1", "0", ...how as string[]],
    ready: /^server is using port: (\d+)$/,
  };
  const log = args.includes("--log") ? [] : ["--no-log"];
  const program = new Program(["server", ...args, ...log], options);
  try {
    const port = Number((await program.out.find(ready))[1]);
    return {
      program,
      port,
      client: (...options) => new Program(["client", "::1", `${port}`, ...options]),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (error) {
    console.error(`the server did not start:\n${program.err.soFar}`);
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** Runs a client to its end, with `input` piped into it. */
export function runClient(args: string[], input = "", how: StartOptions = {}): Promise<Outcome> {
  return runProgram(["client", ...args], input, how);
}

/** What came of a program. */
export interface Outcome {
  /** Its exit code. */
  code: number;
  /** What it wrote to standard output. */
  out: string;
  /** What it wrote to standard error. */
  err: string;
}

/** Runs a program to its end, with `input` piped into it. */
export async function runProgram(
  args: string[],
  input = "",
  how: StartOptions = {},
): Promise<Outcome> {
  await using program = new Program(args, how);
  await program.type(input).catch(() => {});
  await program.endInput();
  return { code: await program.code, out: await program.out.text, err: await program.err.text };
}

/** Sends a program signal after signal until it ends. */
export async function insist(
  program: { signal(signal: Deno.Signal): void; code: Promise<unknown> },
): Promise<void> {
  const timer = setInterval(() => {
    try {
      program.signal("SIGTERM");
    } catch {
      // It has just ended.
    }
  }, 50);
  await program.code.finally(() => clearInterval(timer));
}

/** How the program calls a command of its own in what it prints, as `deno task` runs it. */
export function printedCall(command: string): string {
  const compiled = Deno.env.get("ECHO_COMMAND");
  if (compiled === undefined) return `deno task ${command}`;
  return `./${relative(ROOT, compiled)} ${command}`;
}

/**
 * The command line up to the arguments: what `ECHO_COMMAND` names (a compiled echo), or else the
 * task of deno.json.
 */
export function commandFor(name: string | undefined, root = ROOT): string[] {
  const compiled = Deno.env.get("ECHO_COMMAND");
  if (compiled !== undefined) return [compiled];
  const own = name === "client" || name === "cert" || name === "demo-udp"
    ? name
    : name === "check"
    ? "echo"
    : "server";
  // Without "deno" and the command's own name; a quote keeps the task's shell from a bracket.
  const words = deno.tasks[own].command.replaceAll("'", "").split(" ").slice(1)
    .filter((word) => word !== own);
  return [Deno.execPath(), ...words.map((word) => word === "main.ts" ? `${root}/main.ts` : word)];
}
