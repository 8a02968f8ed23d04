/**
 * The server and the client of an assignment: two programs in any language. Each case starts them
 * anew, and leaves nothing of them behind.
 *
 * @module
 */
import type { Listener } from "../../net/listen.ts";
import { delay } from "../../std.ts";
import { isIpv4, isUnspecified } from "../../text/ip.ts";
import { type Subject, Wrong } from "../case.ts";
import { filled, hasPlace, type Places, withoutArguments } from "./command_line.ts";
import { descendants, endDescendants, type ListeningPort, listeningPorts } from "./process_tree.ts";
import { Program, REACTION_MS } from "./program.ts";
import { Probe } from "../server.ts";

/** One of the two programs. */
export type Role = "server" | "client";

/** How the two are started, and where. */
export interface AssignmentOptions {
  /** The words of each command, with places for what a case decides. */
  commands: Record<Role, readonly string[]>;
  /** Which of them are this program's own, since none was given. */
  ours: readonly Role[];
  /** The directory in which they run. */
  directory: string;
  /** The address that the server gets. */
  host: string;
  /** Whether the port, and the server's address, are typed where a command has no place for them. */
  asksForAddress: boolean;
  /** Whether every line has to be as in the assignment's sample. */
  isStrict: boolean;
  /** A port that is free. */
  freePort(): number;
  /** Whether nothing listens on this port of an address. */
  isFree(hostname: string, port: number): boolean;
  /** Connects without TLS. Throws a `Failure`. */
  connect(at: ListeningPort): Promise<Probe>;
  /** The first bytes of a client of TLS. */
  clientHello(): Uint8Array;
  /** Listens without TLS, at any port of the server's address. */
  listen(): Promise<Listener>;
}

/** A server that listens. */
export interface RunningServer {
  /** It. */
  program: Program;
  /** Where. */
  at: ListeningPort;
}

/** How long a server may take to end after its client, in milliseconds. */
const KEPT_END_MS = 300;

/** How long a program may take to start, in milliseconds. */
const START_MS = 10_000;

/** A port that was used a moment ago can be used again after a minute (RFC 9293, 3.6.1), in milliseconds. */
const PORT_REST_MS = 70_000;

/** How often programs are looked at, in milliseconds. */
const LOOK_INTERVAL_MS = 500;

const MAX_PROCESSES = 200;
const MAX_RESIDENT_BYTES = 2 * 1024 * 1024 * 1024;

/** What the cases of an assignment are about. */
export class Assignment implements Subject {
  readonly #options: AssignmentOptions;
  #programs: Program[] = [];
  #probes: Probe[] = [];
  #listeners: Listener[] = [];
  #watch: ReturnType<typeof setInterval> | undefined;
  /** A server whose port stands in the program: it serves all cases, see `PORT_REST_MS`. */
  #kept: RunningServer | null = null;
  /** How many processes were still there after their program had ended. */
  leftBehind = 0;

  /** Starts nothing yet. */
  constructor(options: AssignmentOptions) {
    this.#options = options;
  }

  /** Whether every line has to be as in the assignment's sample. */
  get isStrict(): boolean {
    return this.#options.isStrict;
  }

  /** The directory in which the programs run. */
  get directory(): string {
    return this.#options.directory;
  }

  /** Whether this program is our own. */
  isOurs(role: Role): boolean {
    return this.#options.ours.includes(role);
  }

  /** The words of a command. */
  commandOf(role: Role): readonly string[] {
    return this.#options.commands[role];
  }

  /** Whether the server has its port in itself. */
  get hasFixedPort(): boolean {
    return !this.#options.asksForAddress && !hasPlace(this.commandOf("server"), "port");
  }

  /** With a fixed port a start may have to wait. */
  get extraTime(): number {
    return this.hasFixedPort ? PORT_REST_MS : 0;
  }

  /** A port that is free. */
  freePort(): number {
    return this.#options.freePort();
  }

  /** Starts a program without its arguments, or with others in their place. */
  startAlone(role: Role, ...others: string[]): Program {
    return this.#start(role, [...withoutArguments(this.commandOf(role)), ...others]);
  }

  /** Starts the server, and waits until it listens. One with a fixed port may run already. */
  async startServer(options = ""): Promise<RunningServer> {
    const kept = this.#kept;
    if (kept !== null) {
      // One that ends after its client needs a moment for it.
      const hasEnded = await kept.program.ends(KEPT_END_MS);
      if (!hasEnded && options === "") return kept;
      await kept.program.signal("SIGKILL"); // the same port, with other options
      await kept.program.ended;
    }
    this.#kept = null;
    const isKept = this.hasFixedPort && options === "";
    const server = await this.#startNewServer(options);
    if (isKept) this.#kept = server;
    return server;
  }

  async #startNewServer(options: string): Promise<RunningServer> {
    const words = this.commandOf("server");
    const hasPort = hasPlace(words, "port");
    const deadline = performance.now() + (hasPort ? 0 : PORT_REST_MS);
    for (;;) {
      const port = this.freePort();
      const program = this.#startServer(port, options);
      if (!hasPort && this.#options.asksForAddress) await program.type(`${port}`);
      const at = await this.#listening(program, hasPort ? port : null);
      if (at !== null) return { program, at };
      const isInUse = /address already in use|EADDRINUSE|BindException/i.test(program.err.text);
      if (isInUse && performance.now() < deadline) {
        await delay(1_000);
        continue;
      }
      if (program.status === null) {
        throw new Wrong(
          `${START_MS / 1000} s after its start: ${program.describe()}`,
          "does not listen",
        );
      }
      throw new Wrong(program.describe(), "ends instead of waiting for a client");
    }
  }

  /** Starts a server for a port that it cannot have. */
  startServerAt({ port }: ListeningPort): Program {
    return this.#startServer(port, "");
  }

  /** Starts the client of a server. */
  async startClient({ hostname, port }: ListeningPort, message = ""): Promise<Program> {
    const words = this.commandOf("client");
    const program = this.#start(
      "client",
      filled(words, { host: hostname, port: `${port}`, message, options: "" }),
    );
    if (this.#options.asksForAddress && !hasPlace(words, "port")) {
      if (!hasPlace(words, "host")) await program.type(hostname);
      await program.type(`${port}`);
    }
    return program;
  }

  /** Connects to a server without its client. Throws a `Failure`. */
  async connect(at: ListeningPort): Promise<Probe> {
    const probe = await this.#options.connect(at);
    this.#probes.push(probe);
    return probe;
  }

  /** The first byte of a server's answer to a ClientHello; undefined: none comes. */
  async answerToHello(at: ListeningPort): Promise<number | undefined> {
    const probe = await this.connect(at);
    await probe.send(this.#options.clientHello());
    await probe.wait(1, REACTION_MS);
    return probe.take()[0];
  }

  /** Listens in place of a server: where, and the connection that comes. */
  async listen(): Promise<{ at: ListeningPort; connection: Promise<Probe> }> {
    const listener = await this.#options.listen();
    this.#listeners.push(listener);
    const connection = listener.accept().then((conn) => {
      const probe = new Probe(conn);
      this.#probes.push(probe);
      return probe;
    });
    connection.catch(() => {}); // closed, since none came
    return { at: { hostname: listener.hostname, port: listener.port }, connection };
  }

  /** Ends all that a case has started, but for a server with a fixed port that has done well. */
  async closeAll(hasPassed: boolean): Promise<void> {
    if (!hasPassed) this.#kept = null;
    await this.#close(this.#kept?.program ?? null);
  }

  /** Ends all that was started. */
  async end(): Promise<void> {
    this.#kept = null;
    await this.#close(null);
  }

  async #close(kept: Program | null): Promise<void> {
    clearInterval(this.#watch);
    this.#watch = undefined;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const probe of this.#probes.splice(0)) probe.close();
    const programs = this.#programs.filter((it) => it !== kept);
    this.#programs = this.#programs.filter((it) => it === kept);
    if (programs.length === 0) return;
    const haveEnded = programs.every(({ status }) => status !== null);
    const ended = await endDescendants(kept?.pid);
    if (haveEnded) this.leftBehind += ended;
    await Promise.all(programs.map(({ ended }) => ended));
  }

  #startServer(port: number, options: string): Program {
    const { host, commands } = this.#options;
    const places: Places = { host, port: `${port}`, message: "", options };
    const words = filled(commands.server, places);
    const isMissing = options !== "" && !hasPlace(commands.server, "options");
    return this.#start("server", isMissing ? [...words, options] : words);
  }

  #start(role: Role, words: readonly string[]): Program {
    const isPatient = !this.isOurs(role);
    const program = new Program(words, this.directory, { isPatient });
    this.#programs.push(program);
    this.#watch ??= setInterval(() => void this.#look(), LOOK_INTERVAL_MS);
    return program;
  }

  /** Waits until `program` listens; null when it does not. */
  async #listening(program: Program, wanted: number | null): Promise<ListeningPort | null> {
    const deadline = performance.now() + START_MS;
    const others = this.#programs.filter((it) => it !== program && it.status === null);
    while (performance.now() < deadline) {
      const ports = await listeningPorts();
      const found = ports.find(({ port }) =>
        wanted === null ? others.length === 0 : port === wanted
      );
      if (found !== undefined) return { ...found, hostname: this.#reachable(found) };
      if (await program.ends(50)) return null;
    }
    return null;
  }

  /** Ends programs that take too much of the machine. */
  async #look(): Promise<void> {
    const processes = await descendants();
    const resident = processes.reduce((sum, it) => sum + it.resident, 0);
    const trouble = processes.length > MAX_PROCESSES
      ? `starts more than ${MAX_PROCESSES} processes`
      : resident > MAX_RESIDENT_BYTES
      ? "takes more than 2 GiB of memory"
      : null;
    for (const program of this.#programs) {
      program.trouble ??= program.floods ? "prints more than 64 MiB" : trouble;
    }
    if (this.#programs.some((it) => it.trouble !== null)) await endDescendants();
  }

  /** The address under which a client reaches a server that listens on all of them. */
  #reachable({ hostname, port }: ListeningPort): string {
    if (!isUnspecified(hostname)) return hostname;
    if (hostname === "0.0.0.0") return "127.0.0.1";
    const isForIpv4 = isIpv4(this.#options.host) && !this.#options.isFree("127.0.0.1", port);
    return isForIpv4 ? "127.0.0.1" : "::1"; // many servers listen on :: and mean both
  }
}
