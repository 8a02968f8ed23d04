/**
 * `echo client`: options, trust, sinks, a connection, and then one of three ways to use it.
 *
 * @module
 */
import { readAuthorities } from "../certs/pem.ts";
import { ownAuthority } from "../certs/store.ts";
import { Client } from "../client/client.ts";
import { pipeLines } from "../client/pipe.ts";
import { talk } from "../client/talk.ts";
import { editLines, input, isTyped } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { type Style, type StyleName, STYLES } from "../console/style.ts";
import { Failure, reasonOf } from "../failure.ts";
import { type Endpoint, validateHost, validateIpPort, validatePort } from "../net/address.ts";
import type { Conn } from "../net/conn.ts";
import { connect, type Connected, type ConnectOptions } from "../net/connect.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { ByteReader } from "../wire/reader.ts";
import { ask } from "./ask.ts";
import type { Command } from "./command.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { buffer, duration, file, fingerprint, flag, oneOf, text, type Values } from "./options.ts";
import { certsDirectory } from "./places.ts";
import type { Interrupt } from "./signals.ts";
import { openLog, toAll, toLog, toScreen } from "./sinks.ts";
import { connectTrusting } from "./trust.ts";

const RANGE = { lowestPort: 1 } as const;

/** Its options. */
export const options = {
  "style": oneOf("how events look", Object.keys(STYLES) as StyleName[], "transcript"),
  "json": flag("the same as --style json"),
  "log": file("append every event to FILE"),
  "ca": file("trust the authority in FILE besides the system's and our own, PEM"),
  "server-name": text("the name the certificate must be for, where it is not HOST"),
  "pin": fingerprint("trust the server with this key without asking, and from now on"),
  "buffer": buffer("how much to read at once; grows from 4KiB to 256KiB when not given"),
  "timeout": duration("how long the server may take to answer", 10_000),
};

/** The command. */
export const client: Command<typeof options> = {
  usage: "echo client HOST PORT [MESSAGE...] [options]",
  summary:
    `Sends messages to an echo server and shows what comes back: MESSAGE if there is one, or each
line of standard input, or what you type. The messages quit, exit and the empty one end it.`,
  words: [
    ["HOST", "the server's name or address"],
    ["PORT", "its port"],
    ["MESSAGE", "what to send; words are joined by spaces"],
  ],
  options,

  async run(words, options, screen, interrupt): Promise<ExitCode> {
    const [host, port, ...message] = words;
    const stdin = new ByteReader(input);
    const endpoint = await endpointOf(host, port, stdin, screen);
    refusePinWithMore(options);
    const authorities = await authoritiesOf(options.ca);
    const log = await openLog(options.log, screen);
    interrupt.listen();

    const style = STYLES[options.json ? "json" : options.style];
    const screenSink = toScreen(screen, style.client);
    const emit = toAll(log === null ? [screenSink] : [screenSink, toLog(log)]);
    const interrupted = interrupt.again.then(() => INTERRUPTED);
    const conversation = async (): Promise<ExitCode> => {
      const { timeout } = options;
      const { signal } = interrupt;
      const wanted = { ...endpoint, authorities, protocols: [PROTOCOL], timeout, signal };
      const { conn, protocol } = await connectAs(options, wanted, stdin, screen);
      const server = `${endpoint.hostname} port ${endpoint.port}`;
      if (protocol !== PROTOCOL) throw stranger(server, conn);
      await emit({ type: "connected", time: Date.now(), peer: conn.peer });
      const client = new Client(conn, { server, timeout, buffer: options.buffer }, emit);
      const end = () => client.end().catch(() => {}); // whoever awaits `finished` hears of it
      signal.addEventListener("abort", end, { once: true });
      if (message.length > 0) await sendOnce(client, message.join(" "));
      else if (isTyped() && screen.isTerminal) await converse(client, style, screen, interrupt);
      else await pipeLines(client, stdin);
      return 0;
    };
    try {
      return await Promise.race([conversation(), interrupted, gone(screen)]);
    } catch (error) {
      if (interrupt.signal.aborted && isAbort(error)) return INTERRUPTED;
      throw error;
    } finally {
      if (log !== null) await interrupt.bound(log.close());
    }
  },
};

async function sendOnce(client: Client, message: string): Promise<void> {
  const isCommand = await client.send(new TextEncoder().encode(message));
  await (isCommand ? client.finished : client.end());
}

async function converse(
  client: Client,
  style: Style,
  screen: Screen,
  interrupt: Interrupt,
): Promise<void> {
  const editor = await editLines(screen, style.prompt, () => interrupt.raise());
  try {
    await talk(client, () => editor.next());
  } finally {
    editor.close();
  }
}

/** Who says how to verify the server is not asked whether to trust it. */
function connectAs(
  { ca, pin, "server-name": serverName }: Values<typeof options>,
  wanted: ConnectOptions,
  stdin: ByteReader,
  screen: Screen,
): Promise<Connected> {
  if (serverName !== null) return connect({ ...wanted, serverName: validateHost(serverName) });
  if (ca !== null) return connect(wanted);
  return connectTrusting(wanted, { pin, command: "echo client", stdin, screen });
}

function refusePinWithMore({ pin, ca, "server-name": name }: Values<typeof options>): void {
  if (pin === null || (ca ?? name) === null) return;
  throw new Failure("usage", {
    what: `cannot use --pin with ${ca === null ? "--server-name" : "--ca"}`,
    why: "a pin says by which key to know the server, whatever its name and authority",
  });
}

async function authoritiesOf(ca: string | null): Promise<string[]> {
  const own = await ownAuthority(certsDirectory());
  const given = ca === null ? [] : await readAuthorities(ca);
  return own === null ? given : [own, ...given];
}

/** Where the reader of our output has left (`client | head -1`), there is nothing left to do. */
async function gone(screen: Screen): Promise<ExitCode> {
  const error = await screen.broken;
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  throw new Failure("failed", { what: "cannot write to standard output", why: reasonOf(error) });
}

/** Interrupted before there was a connection: there is nothing to finish. */
function isAbort(error: unknown): boolean {
  const cause = error instanceof Failure ? error.cause : error;
  return cause instanceof DOMException && cause.name === "AbortError";
}

/** HOST and PORT as typed; what is missing is asked for (002). */
async function endpointOf(
  host: string | undefined,
  port: string | undefined,
  stdin: ByteReader,
  screen: Screen,
): Promise<Endpoint> {
  if (host !== undefined && port !== undefined) return validateIpPort(host, port, RANGE);
  const hostname = host === undefined
    ? await ask("HOST", validateHost, stdin, screen)
    : validateHost(host);
  return { hostname, port: await ask("PORT", (text) => validatePort(text, RANGE), stdin, screen) };
}

function stranger(server: string, conn: Conn): Failure {
  conn.close();
  return new Failure("unreachable", {
    what: `cannot talk to ${server}`,
    why: `it does not speak ${PROTOCOL}`,
    hint: "connect to an echo server",
  });
}
