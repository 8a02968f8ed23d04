/**
 * A real server for clients that do not behave, and what must still be true of it after them.
 *
 * @module
 */
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runClient, type Server, startServer } from "../support/echo.ts";
import { type IdentityFiles, identityFiles } from "../support/identity.ts";
import { Audit } from "./audit.ts";
import type { Servers } from "./conversation.ts";

/** The longest message, and how much a server holds whole of one, in bytes. */
const LIMITS = { limit: 1024 * 1024, whole: 64 * 1024 };

/** A server with a log, until disposed of. */
export class Target implements AsyncDisposable {
  readonly #server: Server;
  readonly #identity: IdentityFiles;
  readonly #directory: string;
  readonly #authority: string;
  readonly #isPlain: boolean;
  /** What its log says. */
  readonly audit = new Audit();

  private constructor(
    server: Server,
    identity: IdentityFiles,
    directory: string,
    authority: string,
    isPlain: boolean,
  ) {
    this.#server = server;
    this.#identity = identity;
    this.#directory = directory;
    this.#authority = authority;
    this.#isPlain = isPlain;
  }

  /** Starts one over TLS, or with `--plain` one that is to be spoken to in lines. */
  static async start(...options: string[]): Promise<Target> {
    const isPlain = options.includes("--plain");
    const identity = await identityFiles();
    const directory = await Deno.makeTempDir();
    const own = isPlain ? ["--dialect", "lines"] : identity.options;
    const log = ["--log", logIn(directory), "--log-level", "debug", "--style", "quiet"];
    const server = await startServer(...own, ...log, ...options);
    const authority = await Deno.readTextFile(identity.ca);
    return new Target(server, identity, directory, authority, isPlain);
  }

  /** Its process id. */
  get pid(): number {
    return this.#server.program.pid;
  }

  /** A connection to it, its handshake done, where there is one. */
  async connect(protocols: string[] = []): Promise<Deno.Conn> {
    const tcp = await this.connectBare();
    if (this.#isPlain) return tcp;
    const tls = await Deno.startTls(tcp, {
      hostname: "::1",
      caCerts: [this.#authority],
      ...(protocols.length > 0 ? { alpnProtocols: protocols } : {}),
    });
    await tls.handshake();
    return tls;
  }

  /** A connection to it on which nothing has been said. */
  async connectBare(): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ hostname: "::1", port: this.#server.port });
    conn.setNoDelay();
    return conn;
  }

  /** Has it go on in another log, as logrotate does, reads the one so far and removes it. */
  async rotateLog(): Promise<void> {
    const path = logIn(this.#directory);
    await Deno.rename(path, `${path}.1`);
    this.#server.program.signal("SIGHUP");
    while (await Deno.stat(path).catch(() => null) === null) await pause(20);
    await this.#readLog(`${path}.1`);
  }

  /**
   * Has a client that behaves talk to it, and ends it. Throws when it does not answer, complains, or
   * ends with another code than 0, and when its log does not agree with its clients.
   */
  async finish(): Promise<void> {
    const how = this.#isPlain ? ["--plain", "--dialect", "lines"] : ["--ca", this.#identity.ca];
    const port = `${this.#server.port}`;
    const { code, out } = await runClient(["::1", port, ...how, "still", "there?"]);
    assertStringIncludes(out, 'server echoed: "still there?"');
    const { program } = this.#server;
    program.signal("SIGTERM");
    const complaints = (await program.err.text).replace(/^echo: --plain is insecure.*$/m, "");
    assertEquals([code, await program.code, complaints.trim()], [0, 0, ""]);
    await this.#readLog(logIn(this.#directory));
    this.audit.close();
  }

  async #readLog(path: string): Promise<void> {
    for await (const line of linesIn(path)) this.audit.take(line);
    await Deno.remove(path);
  }

  /** Ends it, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#identity[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function logIn(directory: string): string {
  return `${directory}/echo.log`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Throws when the file is not UTF-8, or its last line has no end. */
async function* linesIn(path: string): AsyncGenerator<string, void> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const piece = new Uint8Array(1024 * 1024);
  let rest = "";
  for (;;) {
    const count = await file.read(piece);
    const lines = (rest + decoder.decode(piece.subarray(0, count ?? 0), { stream: count !== null }))
      .split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (count === null) break;
  }
  if (rest !== "") throw new Error(`the log ends in the middle of a line: ${rest.slice(0, 500)}`);
}

/** Two servers, for all dialects, until disposed of. */
export interface Targets extends Servers, AsyncDisposable {
  /** Over TLS: frames, and raw. */
  tls: Target;
  /** Without it: lines. */
  plain: Target;
  /** As `rotateLog` and `finish` of each. */
  rotateLogs(): Promise<void>;
  /** As above. */
  finish(): Promise<void>;
  /** How much their logs have said so far. */
  logged(): { lines: number; messages: number };
}

/** Starts both; `options` are for both. */
export async function startTargets(...options: string[]): Promise<Targets> {
  const hello = await captureHello();
  const both = [...options, "--max-message", `${LIMITS.limit}`];
  const tls = await Target.start(...both);
  const plain = await Target.start("--plain", ...both);
  return {
    tls,
    plain,
    hello,
    limits: LIMITS,
    expect: (over, tally) => (over === "lines" ? plain : tls).audit.expect(tally),
    connect: (over) =>
      over === "lines" ? plain.connect() : tls.connect(over === "frames" ? [PROTOCOL] : []),
    connectBare: () => tls.connectBare(),
    async rotateLogs() {
      await Promise.all([tls.rotateLog(), plain.rotateLog()]);
    },
    async finish() {
      await Promise.all([tls.finish(), plain.finish()]);
    },
    logged: () => ({
      lines: tls.audit.lines + plain.audit.lines,
      messages: tls.audit.messages + plain.audit.messages,
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all([tls[Symbol.asyncDispose](), plain[Symbol.asyncDispose]()]);
    },
  };
}

/**
 * For a tool: what ends it with an exit code, and a problem if there is one, once the servers are
 * gone. SIGINT and SIGTERM end it with 130.
 */
export function ender(targets: Targets): (code: number, problem?: string) => Promise<void> {
  let ended: PromiseLike<void> | undefined;
  const end = async (code: number, problem?: string) => {
    if (ended !== undefined) return await ended; // what fails now fails for that
    ended = targets[Symbol.asyncDispose]();
    if (problem !== undefined) console.error(problem);
    await ended;
    Deno.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => end(130));
  }
  return end;
}

/** What a TLS client says first. */
async function captureHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = listener.addr;
  const client = Deno.connectTls({ hostname: "::1", port, alpnProtocols: [PROTOCOL] })
    .then(async (conn) => {
      using _ = conn;
      await conn.handshake();
    }).catch(() => {}); // nobody answers
  using conn = await listener.accept();
  const hello = new Uint8Array(4096);
  const count = await conn.read(hello);
  conn.close();
  await client;
  return hello.slice(0, count!);
}
