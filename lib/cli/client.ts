/**
 * `echo client`: options, trust, sinks, a connection, and then one of three ways to use it.
 *
 * @module
 */
import { Client } from "../client/client.ts";
import type { ClientEvent, Emit } from "../client/events.ts";
import { runInteractive } from "../client/interactive.ts";
import { pipeLines } from "../client/pipe.ts";
import { upgradeToWebSocket } from "../client/upgrade.ts";
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { type Style, STYLES } from "../console/style.ts";
import { Failure, reasonOf } from "../failure.ts";
import { type Endpoint, validateHost, validateIpPort, validatePort } from "../net/address.ts";
import { connect, type ConnectOptions, connectPlain, type NegotiatedConn } from "../net/connect.ts";
import { formatHostPort } from "../text/host_port.ts";
import { DIALECTS, PROTOCOL } from "../wire/dialect.ts";
import type { ByteReader } from "../wire/reader.ts";
import { authoritiesOf } from "./authorities.ts";
import { callOf } from "./calling.ts";
import {
  clientOptions as options,
  type ClientValues,
  rejectContradictions,
  TIMEOUT_MS,
} from "./client_options.ts";
import type { Command, Invocation } from "./command.ts";
import { styleNameOf } from "./common_options.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { describePlan, faultPlanOf } from "./fault_options.ts";
import { openEditor, promptFor } from "./prompt.ts";
import { onContinue } from "./shutdown.ts";
import { openStdin } from "./stdin.ts";
import { fanOut, logSink, openLog, screenSink, type Sink } from "./sinks.ts";
import { connectTrusting } from "./trust.ts";
import { webSocketTargetOf } from "./target.ts";
import { runUdpClient } from "./udp_client.ts";

const RANGE = { lowestPort: 1 } as const;

/** The command. */
export const client: Command<typeof options> = {
  usage: "echo client HOST PORT [MESSAGE...] [options]",
  summary:
    `Sends messages to an echo server and shows what comes back: MESSAGE if there is one, or each
line of standard input, or what you type. The messages quit, exit and the empty one end it.

With --plain and no --dialect, a message is sent with a line end, which must come back too. Nothing
else may come, unless you type the messages or give --broadcast. No message is a command then, and
none over WebSocket.

With --udp each message is a datagram of at most 65507 bytes. No message is a command then, not even
the empty one; the end of the input ends it. Echoes are shown as they come. After several messages,
or after a problem, standard error shows how many were lost, retried, duplicated and reordered.`,
  words: [
    ["HOST", "the server's name or address, or a URL: wss://HOST:PORT/, ws://HOST:PORT/"],
    ["PORT", "its port; HOST and PORT are asked for when they are not given"],
    ["MESSAGE", "the message; words are joined by spaces"],
  ],
  options,

  async run(invocation): Promise<ExitCode> {
    const { screen, shutdown } = invocation;
    const stdin = openStdin();
    const { endpoint, path, message, options } = await targetOf(invocation, stdin);
    rejectContradictions(options);
    const authorities = await authoritiesOf(options.ca);
    const log = await openLog({ path: options.log, maxSize: options.logMaxSize }, screen);
    shutdown.listen();

    const style = STYLES[styleNameOf(options)];
    const sinks: Sink<ClientEvent>[] = [screenSink(screen, style.client)];
    if (log !== null) sinks.push(logSink(log, options.logLevel));
    const { emit } = fanOut(sinks);
    const given = { invocation: { ...invocation, options }, endpoint, path, words: message };
    const context = { ...given, authorities, style, stdin, emit };
    const forced = shutdown.forced.then(() => INTERRUPTED);
    const conversation = options.udp ? overUdp(context) : overConnection(context);
    try {
      return await Promise.race([conversation, forced, onBrokenPipe(screen)]);
    } catch (error) {
      if (shutdown.signal.aborted && isAbort(error)) return INTERRUPTED;
      throw error;
    } finally {
      if (log !== null) await shutdown.withGrace(log.close());
    }
  },
};

/** What a conversation needs. */
interface Context {
  invocation: Invocation<typeof options>;
  endpoint: Endpoint;
  /** What a WebSocket asks for. */
  path: string;
  authorities: string[];
  /** MESSAGE, in words. */
  words: string[];
  style: Style;
  stdin: ByteReader;
  emit: Emit;
}

async function overUdp({ invocation, ...context }: Context): Promise<ExitCode> {
  const { options: { timeout, retries }, screen, shutdown } = invocation;
  const { prompt } = context.style;
  const limits = { timeout: timeout ?? TIMEOUT_MS.udp, retries };
  await runUdpClient({ ...context, ...limits, prompt, screen, shutdown });
  return 0;
}

async function overConnection(context: Context): Promise<ExitCode> {
  const { invocation: { options, screen, shutdown }, endpoint, words, stdin, emit } = context;
  const { signal } = shutdown;
  const timeout = options.timeout ?? TIMEOUT_MS.tls;
  const usual = options.plain ? "raw" : "frames";
  const dialect = options.dialect === "auto" ? usual : options.dialect;
  const server = `${endpoint.hostname} port ${endpoint.port}`;
  const { alpn } = DIALECTS[dialect];
  const { authorities, path } = context;
  const protocols = alpn === null ? [] : [alpn];
  const target = { ...endpoint, authorities, protocols, timeout, signal };
  const { conn: sound, protocol } = await connectAs(context, target);
  const plan = faultPlanOf(options, ({ fault, at }) => {
    void emit({ type: "client-fault", time: Date.now(), fault, at });
  });
  if (plan !== null) {
    screen.printDiagnostic(`echo: this client misbehaves on purpose: ${describePlan(plan)}`);
  }
  // Loaded where it is asked for.
  const bare = plan === null
    ? sound
    : (await import("../net/faults/faults.ts")).withFaults(sound, 1, plan);
  const conn = dialect === "websocket"
    ? await upgradeToWebSocket(bare, {
      host: formatHostPort(endpoint),
      target: path,
      server,
      timeout,
      signal,
    })
    : bare;
  if (!options.plain && dialect === "frames" && protocol !== PROTOCOL) {
    conn.close();
    throw wrongProtocol(server);
  }
  await emit({ type: "connected", time: Date.now(), peer: conn.peer });
  const isInteractive = words.length === 0 && stdinIsTerminal() && screen.isTerminal;
  const { buffer, broadcast: othersMaySpeak } = options;
  const how = { server, timeout, dialect, buffer, othersMaySpeak, isInteractive };
  const client = new Client(conn, how, emit);
  const end = () => client.end().catch(() => {}); // `finished` rejects too, and is awaited
  signal.addEventListener("abort", end, { once: true });
  if (words.length > 0) await sendOnce(client, words.join(" "));
  else if (isInteractive) await runAtTerminal(client, context);
  else await pipeLines(client, stdin);
  return 0;
}

async function sendOnce(client: Client, message: string): Promise<void> {
  const isCommand = await client.send(new TextEncoder().encode(message));
  await (isCommand ? client.finished : client.end());
}

async function runAtTerminal(client: Client, { invocation, style }: Context): Promise<void> {
  const { screen, shutdown } = invocation;
  const editor = await openEditor(screen, style.prompt, shutdown);
  using _ = onContinue(() => editor.resume());
  try {
    await runInteractive(client, editor);
  } finally {
    editor.close();
  }
}

/** With `--ca` or `--server-name` the user has decided how to verify, so there is no question. */
function connectAs(context: Context, target: ConnectOptions): Promise<NegotiatedConn> {
  const { invocation: { options, screen }, stdin } = context;
  const { plain, ca, pin, serverName } = options as ClientValues;
  if (plain) {
    return connectPlain(target).then((conn) => ({
      conn,
      protocol: null,
      certificate: () => null,
    }));
  }
  if (serverName !== null) {
    return connect({ ...target, serverName: validateHost(serverName, "--server-name") });
  }
  if (ca !== null) return connect(target);
  const { dialect } = options;
  const command = callOf("client") + (dialect === "auto" ? "" : ` --dialect ${dialect}`);
  return connectTrusting(target, { pin, command, stdin, screen });
}

/** Ends with success when the reader of the output has closed it (`client | head -1`). */
async function onBrokenPipe(screen: Screen): Promise<ExitCode> {
  const error = await screen.broken;
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  throw new Failure("failed", { what: "cannot write to standard output", why: reasonOf(error) });
}

/** Whether it was interrupted before there was a connection: there is nothing to finish. */
function isAbort(error: unknown): boolean {
  const cause = error instanceof Failure ? error.cause : error;
  return cause instanceof DOMException && cause.name === "AbortError";
}

/** What the words mean: a URL, or HOST and PORT; and the options that a URL implies. */
async function targetOf(invocation: Invocation<typeof options>, stdin: ByteReader) {
  const { words, screen, options: given } = invocation;
  const [first, second, ...rest] = words;
  const url = webSocketTargetOf(first);
  if (url === null) {
    const endpoint = await endpointOf(first, second, stdin, screen);
    return { endpoint, path: "/", message: rest, options: given };
  }
  const { hostname, port, plain, path } = url;
  const message = second === undefined ? [] : [second, ...rest];
  const implied = { ...given, dialect: "websocket" as const, plain: given.plain || plain };
  return { endpoint: { hostname, port }, path, message, options: implied };
}

/** HOST and PORT as typed; a missing one is asked for (002). */
async function endpointOf(
  host: string | undefined,
  port: string | undefined,
  stdin: ByteReader,
  screen: Screen,
): Promise<Endpoint> {
  if (host !== undefined && port !== undefined) return validateIpPort(host, port, RANGE);
  const hostname = host === undefined
    ? await promptFor({ what: "HOST", parse: (text) => validateHost(text), stdin, screen })
    : validateHost(host);
  const parse = (text: string) => validatePort(text, RANGE);
  return { hostname, port: await promptFor({ what: "PORT", parse, stdin, screen }) };
}

function wrongProtocol(server: string): Failure {
  return new Failure("unreachable", {
    what: `cannot talk to ${server}`,
    why: `it does not speak ${PROTOCOL}`,
    hint: "try --dialect raw, which every echo server knows",
  });
}
