/**
 * `echo client`: options, trust, sinks, a connection, and then one of three ways to use it.
 *
 * @module
 */
import { readAuthorities } from "../certs/pem.ts";
import { localAuthority } from "../certs/store.ts";
import { Client } from "../client/client.ts";
import type { ClientEvent } from "../client/events.ts";
import { pipeLines } from "../client/pipe.ts";
import { runInteractive } from "../client/interactive.ts";
import { editLines, stdinBytes, stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { type Style, type StyleName, STYLES } from "../console/style.ts";
import { Failure, reasonOf } from "../failure.ts";
import { type Endpoint, validateHost, validateIpPort, validatePort } from "../net/address.ts";
import type { Conn } from "../net/conn.ts";
import { connect, type ConnectOptions, connectPlain, type NegotiatedConn } from "../net/connect.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { ByteReader } from "../wire/reader.ts";
import { promptFor } from "./prompt.ts";
import type { Command } from "./command.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import {
  buffer,
  count,
  dialect,
  duration,
  file,
  fingerprint,
  flag,
  logLevel,
  oneOf,
  type Option,
  text,
  type Values,
} from "./options.ts";
import { certsDirectory } from "./paths.ts";
import type { Shutdown } from "./shutdown.ts";
import { fanOut, logSink, openLog, screenSink, type Sink } from "./sinks.ts";
import { connectTrusting } from "./trust.ts";
import { runUdpClient } from "./udp_client.ts";

const RANGE = { lowestPort: 1 } as const;

/** How long the server may take where `--timeout` is not given, in milliseconds. */
const TIMEOUT = { tls: 10_000, udp: 1_000 };

/** Its options. */
export const options = {
  "style": oneOf("how events look", Object.keys(STYLES) as StyleName[], "transcript"),
  "json": flag("the same as --style json"),
  "log": file("append every event to FILE"),
  "log-level": logLevel,
  "ca": file("trust the authority in FILE besides the system's and our own, PEM"),
  "server-name": {
    ...text("the name the certificate must be for, where it is not HOST"),
    value: "NAME",
  },
  "pin": fingerprint("trust the server with this key without asking, and from now on"),
  "plain": flag("no TLS: for echo servers written by hand"),
  "dialect": dialect("frames, or raw with --plain"),
  "buffer": buffer("how much to read at once; grows from 4KiB to 64KiB when not given"),
  "timeout": {
    ...duration("how long the server may take to answer", TIMEOUT.tls),
    initial: null,
    shown: "10s; with --udp 1s, for each try",
  } as Option<number | null>,
  "udp": flag("send datagrams, to an echo of RFC 862, without TLS"),
  "retries": count("with --udp: how often to send again what does not come back", 3, 100, 0),
};

/** The command. */
export const client: Command<typeof options> = {
  usage: "echo client HOST PORT [MESSAGE...] [options]",
  summary:
    `Sends messages to an echo server and shows what comes back: MESSAGE if there is one, or each
line of standard input, or what you type. The messages quit, exit and the empty one end it.

With --udp each message is a datagram of at most 65507 bytes. No message has a meaning then, also
the empty one; the end of the input ends it. Echoes are shown as they come. With more than one
message, or when not all went well, standard error says at the end how many were lost, sent again,
doubled and overtaken.`,
  words: [
    ["HOST", "the server's name or address; asked for when left away"],
    ["PORT", "its port; asked for when left away"],
    ["MESSAGE", "what to send; words are joined by spaces"],
  ],
  options,

  async run(words, options, screen, interrupt): Promise<ExitCode> {
    const [host, port, ...message] = words;
    const stdin = new ByteReader(stdinBytes);
    const endpoint = await endpointOf(host, port, stdin, screen);
    rejectContradictions(options);
    const authorities = await authoritiesOf(options.ca);
    const log = await openLog(options.log, screen);
    interrupt.listen();

    const style = STYLES[options.json ? "json" : options.style];
    const display = screenSink(screen, style.client);
    const sinks: Sink<ClientEvent>[] = [display];
    if (log !== null) sinks.push(logSink(log, options["log-level"]));
    const { emit } = fanOut(sinks);
    const interrupted = interrupt.forced.then(() => INTERRUPTED);
    const conversation = async (): Promise<ExitCode> => {
      if (options.udp) {
        const { timeout, retries } = options;
        const { prompt } = style;
        const how = { timeout: timeout ?? TIMEOUT.udp, retries, prompt, emit };
        await runUdpClient({ endpoint, words: message, ...how, stdin, screen, interrupt });
        return 0;
      }
      const timeout = options.timeout ?? TIMEOUT.tls;
      const { signal } = interrupt;
      const simplest = options.plain ? "raw" : "frames";
      const dialect = options.dialect === "auto" ? simplest : options.dialect;
      const protocols = dialect === "frames" ? [PROTOCOL] : [];
      const wanted = { ...endpoint, authorities, protocols, timeout, signal };
      const { conn, protocol } = await connectAs(options, wanted, stdin, screen);
      const server = `${endpoint.hostname} port ${endpoint.port}`;
      if (!options.plain && dialect === "frames" && protocol !== PROTOCOL) {
        throw wrongProtocol(server, conn);
      }
      await emit({ type: "connected", time: Date.now(), peer: conn.peer });
      const client = new Client(conn, { server, timeout, dialect, buffer: options.buffer }, emit);
      const end = () => client.end().catch(() => {}); // whoever awaits `finished` hears of it
      signal.addEventListener("abort", end, { once: true });
      if (message.length > 0) await sendOnce(client, message.join(" "));
      else if (stdinIsTerminal() && screen.isTerminal) {
        await runAtTerminal(client, style, screen, interrupt);
      } else await pipeLines(client, stdin);
      return 0;
    };
    try {
      return await Promise.race([conversation(), interrupted, onBrokenPipe(screen)]);
    } catch (error) {
      if (interrupt.signal.aborted && isAbort(error)) return INTERRUPTED;
      throw error;
    } finally {
      if (log !== null) await interrupt.withGrace(log.close());
    }
  },
};

async function sendOnce(client: Client, message: string): Promise<void> {
  const isCommand = await client.send(new TextEncoder().encode(message));
  await (isCommand ? client.finished : client.end());
}

async function runAtTerminal(
  client: Client,
  style: Style,
  screen: Screen,
  interrupt: Shutdown,
): Promise<void> {
  const editor = await editLines(screen, style.prompt, () => interrupt.request());
  try {
    await runInteractive(client, () => editor.next());
  } finally {
    editor.close();
  }
}

/** Who says how to verify the server is not asked whether to trust it. */
async function connectAs(
  { plain, ca, pin, "server-name": serverName }: Values<typeof options>,
  wanted: ConnectOptions,
  stdin: ByteReader,
  screen: Screen,
): Promise<NegotiatedConn> {
  if (plain) return { conn: await connectPlain(wanted), protocol: null };
  if (serverName !== null) {
    return connect({ ...wanted, serverName: validateHost(serverName, "--server-name") });
  }
  if (ca !== null) return connect(wanted);
  return connectTrusting(wanted, { pin, command: "echo client", stdin, screen });
}

/** Says so where one option makes another one meaningless, instead of passing it over. */
function rejectContradictions(values: Values<typeof options>): void {
  const given = (...names: (keyof typeof options)[]) =>
    names.find((name) => values[name] !== options[name].initial);
  const refuse = (one: string, other: string | undefined, why: string) => {
    if (other === undefined) return;
    throw new Failure("usage", { what: `cannot use --${one} with --${other}`, why });
  };
  if (values.udp) refuse("udp", given("dialect", "buffer"), "each datagram is a message");
  if (values.udp || values.plain) {
    const why = "without TLS there is no certificate";
    refuse(values.udp ? "udp" : "plain", given("ca", "pin", "server-name"), why);
  }
  if (values.pin !== null) {
    const why = "a pin says by which key to know the server, whatever its name and authority";
    refuse("pin", given("ca", "server-name"), why);
  }
}

async function authoritiesOf(ca: string | null): Promise<string[]> {
  const own = await localAuthority(certsDirectory());
  const given = ca === null ? [] : await readAuthorities(ca);
  return own === null ? given : [own, ...given];
}

/** Where the reader of our output has left (`client | head -1`), there is nothing left to do. */
async function onBrokenPipe(screen: Screen): Promise<ExitCode> {
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
    ? await promptFor("HOST", (text) => validateHost(text), stdin, screen)
    : validateHost(host);
  return {
    hostname,
    port: await promptFor("PORT", (text) => validatePort(text, RANGE), stdin, screen),
  };
}

function wrongProtocol(server: string, conn: Conn): Failure {
  conn.close();
  return new Failure("unreachable", {
    what: `cannot talk to ${server}`,
    why: `it does not speak ${PROTOCOL}`,
    hint: "try --dialect raw, which every echo server knows",
  });
}
