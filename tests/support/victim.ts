/**
 * The real server as the victim of bad peers: what it tells, what it logs, and what it holds.
 *
 * @module
 */
import type { CloseReason, FailureReason } from "../../lib/server/events.ts";
import { delay } from "../../lib/std.ts";
import { assertEquals } from "./assert.ts";
import { type Server, type StartOptions, startServer } from "./echo.ts";
import { identityFiles } from "./identity.ts";
import { type Entry, parseLine, readLog } from "./logfmt.ts";
import { testIdentity } from "./pairs.ts";
import { Peer } from "./service.ts";
import { heldOn } from "./sockets.ts";

/** How long something may take that should come about by itself, in milliseconds. */
const PATIENCE = 20_000;

/** A running server, on `::1`, that shows nothing and keeps a log. */
export interface Victim extends AsyncDisposable, Server {
  /** Where its log is. */
  logPath: string;
  /** Where the authority is that its clients have to trust. */
  ca: string;
  /** Waits for the line of the `nth` connection that ended for this reason. */
  closed(reason: CloseReason | FailureReason, nth?: number): Promise<Entry>;
  /** Waits for the line of the `nth` event of this name. */
  logged(event: string, nth?: number): Promise<Entry>;
  /** Connects over TLS, by default as one that speaks frames, also by a cable at another port. */
  connect(protocols?: string[], port?: number): Promise<Peer>;
  /** Has a well-behaved client be served. */
  greet(): Promise<void>;
  /** How many connections it holds, as the kernel sees it. */
  connections(): number;
  /** Waits until it holds so many. */
  settled(connections?: number): Promise<void>;
  /** Ends it with SIGTERM, in order, reads its log, and checks that the events of a whole log balance. */
  finish(log?: "whole" | "partial"): Promise<Entry[]>;
}

/** Starts a server with these options. */
export async function startVictim(
  options: string[] = [],
  how: StartOptions = {},
): Promise<Victim> {
  const files = await identityFiles();
  const { authority } = await testIdentity();
  const directory = await Deno.makeTempDir();
  const logPath = `${directory}/echo-server.log`;
  const log = ["--log", logPath, "--log-level", "debug"];
  const identity = options.includes("--plain") ? [] : files.options;
  const args = ["::1", "0", "--style", "quiet", ...log, ...identity, ...options];
  const ready = /^server is using port: (\d+)$/;
  const server = await startServer({ args, ready, ...how });
  const { program, port } = server;
  const connect = (protocols = ["echo/1"], through = port) =>
    Peer.connect(through, authority, protocols);
  const connections = () => heldOn(port).length;
  /** The file is looked at anew every now and then: it is what a person would look at too. */
  const waitFor = async (wanted: (entry: Entry) => boolean, nth = 1) => {
    for (const end = Date.now() + PATIENCE;; await delay(20)) {
      const text = await Deno.readTextFile(logPath);
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
      const found = lines.map(parseLine).filter(wanted)[nth - 1];
      if (found !== undefined) return found;
      if (Date.now() > end) {
        throw new Error(`it was not logged: ${wanted}, of\n${text.slice(-2000)}`);
      }
    }
  };
  return {
    ...server,
    logPath,
    ca: files.ca,
    closed: (reason, nth) => waitFor((entry) => entry.reason === reason, nth),
    logged: (event, nth) => waitFor((entry) => entry.event === event, nth),
    connect,
    async greet() {
      using peer = await connect();
      await peer.say("hello");
      assertEquals((await peer.hear())?.text, "hello");
      await peer.say("exit");
      assertEquals(await peer.hear(), null);
    },
    connections,
    async settled(wanted = 0) {
      for (const end = Date.now() + PATIENCE; connections() !== wanted; await delay(20)) {
        if (Date.now() > end) assertEquals(connections(), wanted, "connections that are held");
      }
    },
    async finish(log = "whole") {
      program.signal("SIGTERM");
      const said = (await program.err.text).replace(/^echo: --plain is insecure: .*$/, "");
      assertEquals([await program.code, said], [0, ""]);
      const entries = await readLog(logPath);
      if (log === "whole") assertBalanced(entries);
      return entries;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Each client that connects closes; each other connection is one `connection-failed`. */
function assertBalanced(entries: Entry[]): void {
  const idsOf = (...events: string[]) =>
    entries.flatMap(({ event, conn }) => events.includes(event!) ? [Number(conn)] : []).sort(
      byNumber,
    );
  assertEquals(idsOf("client-connect"), idsOf("client-close"), "connects and closes");
  const all = idsOf("client-close", "connection-failed");
  assertEquals(new Set(all).size, all.length, "every connection ends once");
}

function byNumber(a: number, b: number): number {
  return a - b;
}
