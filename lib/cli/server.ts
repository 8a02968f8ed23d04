/**
 * `echo server`: options, certificate, sinks, listener, and then the service.
 *
 * @module
 */
import { fingerprintOf, pinningProblem } from "../certs/fingerprint.ts";
import { loadOrCreateIdentity } from "../certs/store.ts";
import { derOf, type Identity, readIdentity } from "../certs/pem.ts";
import { stdinBytes } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { type StyleName, STYLES } from "../console/style.ts";
import { Failure } from "../failure.ts";
import { validateIpPort } from "../net/address.ts";
import { isLoopback } from "../text/ip.ts";
import { listenDatagram } from "../net/datagram.ts";
import { type Credentials, listen, type Listener, type ListenOptions } from "../net/listen.ts";
import { isLocalAddress, localNames } from "../net/host.ts";
import { SERVER_DEFAULTS, SLOW_READERS } from "../server/options.ts";
import type { Sink } from "../server/events.ts";
import { serve } from "../server/server.ts";
import { runPrimary } from "../server/primary.ts";
import { serveDatagrams } from "../server/udp.ts";
import { postToAll } from "../server/worker_messages.ts";
import { TooLarge } from "../wire/errors.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { recvLine, skipLine } from "../wire/line.ts";
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
  flag,
  logLevel,
  oneOf,
  size,
  text,
  type Values,
} from "./options.ts";
import { certsDirectory } from "./paths.ts";
import { renewal } from "./renewal.ts";
import { onHangup, type Shutdown } from "./shutdown.ts";
import { fanOut, logSink, lossyScreenSink, openLog } from "./sinks.ts";
import { startWorkers } from "./worker_pool.ts";

const RANGE = { lowestPort: 0 } as const;

/** Stands for a HOST that was left away. */
const UNSPECIFIED = "::";

/** What a line on the console may have, in bytes; it should be `exit`. */
const MAX_LINE_BYTES = 1024;

/** The largest size that can be given, in bytes. */
const MAX_SIZE_BYTES = 1024 ** 4;

/** Said to whoever starts a server without TLS. */
const PLAIN_WARNING =
  "--plain is insecure: whoever is on the way can read and change every message";

/** Its options. */
export const options = {
  "broadcast": flag("send every message to all clients", "b"),
  "once": flag("stop when the first client has left"),
  "welcome": text("what each client is told first (default in style plus: Welcome to my server)"),
  "style": oneOf("how events look", Object.keys(STYLES) as StyleName[], "transcript"),
  "json": flag("the same as --style json"),
  "log": file("append every event to FILE", "echo-server.log"),
  "no-log": flag("keep no log"),
  "log-level": logLevel,
  "cert": file("certificate chain, PEM (default: one of our own making)"),
  "key": file("its private key, PEM"),
  "plain": flag("no TLS: for nc, telnet, and clients written by hand"),
  "dialect": dialect("frames if the client offers them by ALPN, else raw"),
  "buffer": buffer("how much to read at once; grows from 4KiB to 64KiB when not given"),
  "max-message": size("the longest message", SERVER_DEFAULTS.maxMessage, 0xffff_fff0),
  "max-buffered": size(
    "memory for all messages over 64KiB",
    SERVER_DEFAULTS.maxBuffered,
    MAX_SIZE_BYTES,
  ),
  "max-history": size(
    "what is kept for one client's quit",
    SERVER_DEFAULTS.maxHistory,
    MAX_SIZE_BYTES,
  ),
  "max-connections": count("how many clients at a time", SERVER_DEFAULTS.maxConnections, 1_000_000),
  "max-per-address": count(
    "how many of them from one address, of IPv6 from one /64",
    SERVER_DEFAULTS.maxPerAddress,
    1_000_000,
  ),
  "workers": count("how many threads share the port", 1, 64),
  "handshake-timeout": duration(
    "how long the TLS handshake may take",
    SERVER_DEFAULTS.handshakeTimeout,
  ),
  "idle-timeout": duration(
    "how long nothing may come, or less than 64KiB of a long message",
    SERVER_DEFAULTS.idleTimeout,
  ),
  "stall-timeout": duration(
    "how long a client may take nothing of its echo",
    SERVER_DEFAULTS.stallTimeout,
  ),
  "slow-reader": oneOf(
    "who is too slow for a broadcast misses messages, or is sent away",
    SLOW_READERS,
    SERVER_DEFAULTS.slowReader,
  ),
  "udp": flag("echo datagrams too, on the UDP port of the same number (RFC 862)"),
  "udp-rate": count("with --udp: datagrams a second from one address", 1000, 1_000_000),
  "drain": duration("how long clients have when the server stops", SERVER_DEFAULTS.drain),
};

/** The command. */
export const server: Command<typeof options> = {
  usage: "echo server [HOST] PORT [options]",
  summary: "Serves echoes over TLS until it is told to stop: type exit, or press Ctrl-C.",
  words: [
    ["HOST", "the address to listen on; all of them when left away"],
    ["PORT", "the port to listen on, asked for when left away; 0 is any free one"],
  ],
  options,

  async run(words, options, screen, interrupt): Promise<ExitCode> {
    const stdin = new ByteReader(stdinBytes);
    const { hostname, port } = await endpointOf(words, stdin, screen);
    const tls = await credentialsOf(options);
    const wanted: ListenOptions = { hostname, port, tls };
    const listener = await listen(wanted);
    const datagrams = options.udp ? listenDatagram(listener.hostname, listener.port) : null;
    const log = await openLog(options["no-log"] ? null : options.log, screen);
    interrupt.listen();
    if (options.plain) screen.printDiagnostic(`echo: ${PLAIN_WARNING}`);
    stopWhenTyped(interrupt, stdin, screen);

    const style = options.json ? "json" : options.style;
    const display = lossyScreenSink(screen, STYLES[style].server, log !== null);
    const sinks = log === null ? [display] : [display, logSink(log, options["log-level"])];
    const sink = withFingerprint(fanOut(sinks), tls && fingerprintOf(derOf(tls.cert)));
    let use = async (tls: Credentials) => {
      await listener.renew(tls);
      wanted.tls = tls;
    };
    const read = async () => (await credentialsOf(options))!;
    const renew = tls && renewal(tls, { read, use: (tls) => use(tls), emit: sink.emit, screen });
    onHangup(() => {
      log?.reopen();
      renew?.();
    });
    if (style !== "json") await printConnectHint(listener, tls, options.cert === null, screen);
    const service = {
      broadcast: options.broadcast,
      once: options.once,
      welcome: options.welcome ?? (style === "plus" ? "Welcome to my server" : null),
      dialect: options.dialect === "auto" ? null : options.dialect,
      buffer: options.buffer,
      maxMessage: options["max-message"],
      maxBuffered: options["max-buffered"],
      maxHistory: options["max-history"],
      maxConnections: options["max-connections"],
      maxPerAddress: options["max-per-address"],
      handshakeTimeout: options["handshake-timeout"],
      idleTimeout: options["idle-timeout"],
      stallTimeout: options["stall-timeout"],
      slowReader: options["slow-reader"],
      drain: options.drain,
    };
    const serving = async (): Promise<ExitCode> => {
      const over = new AbortController();
      const answering = () => {
        if (datagrams === null) return;
        const udp = { rate: options["udp-rate"], isLocalAddress };
        const stop = AbortSignal.any([interrupt.signal, over.signal]);
        return serveDatagrams(datagrams, udp, sink, stop);
      };
      if (options.workers === 1) {
        const echoing = serve(listener, service, sink, interrupt.signal);
        const answers = answering(); // after the event of the start
        await echoing;
        over.abort();
        await answers;
      } else {
        listener.close(); // it has shown that the port is free, which a shared one cannot
        const { hostname, port } = listener;
        const shared = { ...wanted, hostname, port, shared: true };
        const starting = startWorkers(options.workers, shared);
        use = async (tls) => postToAll((await starting).workers, { type: "renew", tls });
        using crew = await starting;
        const echoing = runPrimary(crew.workers, service, sink, interrupt.signal);
        const answers = answering();
        await Promise.race([echoing, crew.broken]);
        over.abort();
        await answers;
      }
      return 0;
    };
    const code = await Promise.race([serving(), interrupt.forced.then(() => INTERRUPTED)]);
    if (log !== null) await interrupt.withGrace(log.close());
    return code;
  },
};

/** HOST and PORT as typed; a PORT that is missing is asked for (002). */
async function endpointOf(
  words: string[],
  stdin: ByteReader,
  screen: Screen,
): Promise<{ hostname: string | null; port: number }> {
  if (words.length > 2) throw extraArgument(words[2]!);
  const [host, typed] = words.length === 2 ? words : [undefined, words[0]];
  const read = (port: string) => validateIpPort(host ?? UNSPECIFIED, port, RANGE);
  const endpoint = typed === undefined ? await promptFor("PORT", read, stdin, screen) : read(typed);
  return { hostname: host === undefined ? null : endpoint.hostname, port: endpoint.port };
}

function extraArgument(word: string): Failure {
  return new Failure("usage", {
    what: `cannot use "${word}"`,
    why: "the server takes HOST and PORT and no more",
  });
}

/** Null where there is no TLS. */
async function credentialsOf(
  { plain, dialect, cert, key }: Values<typeof options>,
): Promise<Credentials | null> {
  if (plain && (cert !== null || key !== null)) {
    const why = "without TLS there is no certificate";
    throw new Failure("usage", { what: "cannot use --plain with --cert or --key", why });
  }
  if (plain) return null;
  // Who has to speak something else cannot agree on our protocol.
  const protocols = dialect === "auto" || dialect === "frames" ? [PROTOCOL] : [];
  return { ...await identityOf(cert, key), protocols };
}

async function identityOf(cert: string | null, key: string | null): Promise<Identity> {
  if (cert !== null && key !== null) return await readIdentity(cert, key);
  if (cert === null && key === null) {
    return await loadOrCreateIdentity(certsDirectory(), localNames());
  }
  const [given, missing] = cert === null ? ["--key", "--cert"] : ["--cert", "--key"];
  const why = `${missing} is missing`;
  throw new Failure("usage", { what: `cannot use ${given} alone`, why, hint: "give both or none" });
}

/** The service does not know its certificate: what is told of its start is completed here. */
function withFingerprint(sink: Sink, fingerprint: string | null): Sink {
  if (fingerprint === null) return sink;
  return {
    ...sink,
    emit: (event) => sink.emit(event.type === "server-start" ? { ...event, fingerprint } : event),
  };
}

/** Says what to type on another computer, if one could reach the server. */
async function printConnectHint(
  { advertisedAddress, port }: Listener,
  tls: Credentials | null,
  isOurs: boolean,
  screen: Screen,
): Promise<void> {
  if (tls === null || isLoopback(advertisedAddress)) return;
  const certificate = derOf(tls.cert);
  const key = fingerprintOf(certificate);
  const isPinnable = isOurs || await pinningProblem(certificate) === null;
  screen.printDiagnostic(
    isPinnable
      ? `on another computer: echo client ${advertisedAddress} ${port} --pin ${key}`
      : `on another computer: address ${advertisedAddress}, port ${port}, key ${key}`,
  );
}

/** Typing `exit` stops the server (000); the end of standard input does not. */
async function stopWhenTyped(
  interrupt: Shutdown,
  stdin: ByteReader,
  screen: Screen,
): Promise<void> {
  const utf8 = new TextDecoder();
  for (;;) {
    try {
      const line = await recvLine(stdin, MAX_LINE_BYTES);
      if (line === null) return;
      const word = utf8.decode(line).trim();
      if (word === "exit") interrupt.request();
      else if (word !== "") screen.printDiagnostic("type exit to stop the server");
    } catch (error) {
      if (!(error instanceof TooLarge)) return; // it cannot be read: then nobody types there
      await skipLine(stdin);
    }
  }
}
