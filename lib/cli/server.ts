/**
 * `echo server`: options, certificate, sinks, listener, and then the service.
 *
 * @module
 */
import deno from "../../deno.json" with { type: "json" };
import type { CertificateManager } from "../certs/certificate_manager.ts";
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { STYLES } from "../console/style.ts";
import { Failure } from "../failure.ts";
import { type Endpoint, validateIpPort } from "../net/address.ts";
import { listenDatagram } from "../net/datagram.ts";
import { listen } from "../net/listen.ts";
import { ignoreDebuggerSignal, isJobOfItsOwn } from "../net/process.ts";
import type { Sink } from "../server/events.ts";
import type { Relay } from "../server/relay.ts";
import { delay } from "../std.ts";
import { TooLarge } from "../wire/errors.ts";
import { skipLine } from "../wire/line.ts";
import type { ByteReader } from "../wire/reader.ts";
import { adminNotices, adminSource, newMetering, openAdmin, startAdmin } from "./admin.ts";
import { readAnswer } from "./answers.ts";
import type { Command } from "./command.ts";
import { styleNameOf } from "./common_options.ts";
import { printConnectHint } from "./connect_hint.ts";
import { type ExitCode, INTERRUPTED } from "./exit.ts";
import { describePlan, faultPlanOf } from "./fault_options.ts";
import { promptFor } from "./prompt.ts";
import {
  credentialsOf,
  fingerprintIn,
  openCertificate,
  reloadCertificate,
  watchExpiry,
} from "./server_certificate.ts";
import { serverOptions as options } from "./server_options.ts";
import { runService } from "./service.ts";
import { ServiceNotifier } from "./service_manager.ts";
import { openStdin } from "./stdin.ts";
import { onHangup, onTerminalStop, type Shutdown } from "./shutdown.ts";
import { fanOut, logSink, lossyScreenSink, openLog } from "./sinks.ts";
import { variable } from "./variable.ts";

const RANGE = { lowestPort: 0 } as const;

/** Stands for a HOST that is not given. */
const UNSPECIFIED = "::";

/** A terminal that is gone has one end after the other: they must not keep a core busy. */
const PAUSE_AFTER_END_MS = 100;

const PLAIN_WARNING = "--plain is insecure: any host on the path can read and change every message";

/** The command. */
export const server: Command<typeof options> = {
  usage: "echo server [HOST] PORT [options]",
  summary: "Serves echoes over TLS. It stops when you type exit, or press Ctrl-C.",
  words: [
    ["HOST", "the address to listen on; all addresses when it is not given"],
    ["PORT", "the port to listen on; 0 is any free one; asked for when it is not given"],
  ],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    const stdin = openStdin();
    const { hostname, port } = await endpointOf(words, stdin, screen);
    const certificates = await openCertificate(options, screen);
    const tls = certificates && credentialsOf(certificates.current, options);
    if (options.fault.length > 0 && options.workers > 1) {
      const why = "the connections of several workers have no order";
      throw new Failure("usage", { what: "cannot use --fault with --workers", why });
    }
    const plan = faultPlanOf(options, ({ fault, connection, peer, at }) => {
      const where = { time: Date.now(), conn: connection, peer };
      const event = { type: "fault-injected", ...where, fault, at } as const;
      void sink.emit(event);
      metering?.meter.emit(event);
    });
    const isOwn = options.cert === null;
    const listener = plan === null
      ? await listen({ hostname, port, tls })
      : await (await import("./faulty_listener.ts")) // loaded where it is asked for
        .listenWithFaults({ hostname, port, tls, isOwn }, plan);
    // It has shown that the port is free, which the workers' shared ones cannot. Until these listen, a
    // client is refused, and not first accepted and then lost.
    if (options.workers > 1) listener.close();
    const admin = options.admin && await openAdmin(options.admin);
    const metering = admin !== null || options.room !== null ? newMetering() : null;
    const udp = options.udp ? listenDatagram(listener.hostname, listener.port) : null;
    const datagrams = udp === null || plan === null
      ? udp
      : (await import("../net/faults/datagrams.ts")).faultyDatagrams(udp, plan);
    const log = await openLog({
      path: options.noLog ? null : options.log,
      maxSize: options.logMaxSize,
    }, screen);
    shutdown.listen();
    if (options.plain) screen.printDiagnostic(`echo: ${PLAIN_WARNING}`);
    for (const notice of admin ? adminNotices(admin) : []) screen.printDiagnostic(notice);
    void stopWhenTyped(shutdown, stdin, screen);

    const styleName = styleNameOf(options);
    const display = lossyScreenSink(screen, STYLES[styleName], log !== null);
    using manager = ServiceNotifier.open();
    const sinks: Sink[] = [display];
    if (log !== null) sinks.push(logSink(log, options.logLevel));
    if (manager !== null) sinks.push(manager);
    if (variable("OTEL_DENO") === "true") sinks.push(await openTelemetry());
    let isStarted = false;
    const stay = new AbortController();
    let staying: Promise<void> | undefined;
    const onStart = () => {
      isStarted = true;
      staying = relay?.run(stay.signal); // after the lines of the assignments
      void printConnectHint({ listener, certificates, options, screen });
    };
    const sink = atStart(fanOut(sinks), certificates, onStart);
    const hasTerminal = stdinIsTerminal();
    ignoreDebuggerSignal();
    // Stopped in the job of `deno task`, which goes on, it would take the terminal with it.
    if (hasTerminal && isJobOfItsOwn() !== true) onTerminalStop(() => {});
    onHangup(() => {
      if (hasTerminal) return shutdown.request(); // the terminal was closed
      const reloaded = certificates && reloadCertificate(certificates, { sink, screen });
      const done = Promise.all([log?.reopen(), reloaded]);
      void manager?.reloading(done);
    });
    shutdown.signal.addEventListener("abort", () => manager?.stopping(), { once: true });
    const welcome = options.welcome ?? (styleName === "plus" ? "Welcome to my server" : null);
    const source = metering && adminSource(metering, {
      options,
      certificates,
      state: () => shutdown.signal.aborted ? "stopping" : isStarted ? "serving" : "starting",
      droppedLogLines: () => log?.dropped ?? 0,
      faults: plan && describePlan(plan),
    });
    const relay: Relay | null = options.room && await (await loadRoom()).openRoom(options.room, {
      ...options,
      ca: options.roomCa,
      secret: options.roomSecret,
      sink: fanOut([sink, metering!.meter]),
      source: source!,
    });
    if (plan !== null) {
      screen.printDiagnostic(`echo: this server misbehaves on purpose: ${describePlan(plan)}`);
    }
    const service = runService({
      listener,
      datagrams,
      certificates,
      options: { ...options, welcome, broadcast: options.broadcast || relay !== null },
      sink,
      signal: shutdown.signal,
      metering,
      relay,
    });
    using _admin = admin && await startAdmin(admin, source!, options.origin);
    using _watch = certificates && watchExpiry(certificates, { sink, screen });
    const forced = shutdown.forced.then(() => INTERRUPTED);
    const code = await Promise.race([service.then((): ExitCode => 0), forced]);
    stay.abort(); // only now: the last words of clients still go to others
    await shutdown.withGrace(Promise.resolve(staying));
    if (log !== null) await shutdown.withGrace(log.close());
    return code;
  },
};

/** Loaded when it is asked for: most servers have no `--room`. */
async function loadRoom(): Promise<typeof import("./room.ts")> {
  return await import("./room.ts");
}

/** Loaded when it is asked for (`OTEL_DENO=true`), as Deno itself does. */
async function openTelemetry(): Promise<Sink> {
  const { Telemetry } = await import("../log/telemetry.ts");
  return new Telemetry(deno.version);
}

/** HOST and PORT as typed; hostname null: all addresses. A missing PORT is asked for (002). */
async function endpointOf(
  words: string[],
  stdin: ByteReader,
  screen: Screen,
): Promise<{ hostname: string | null; port: number }> {
  if (words.length > 2) {
    const why = "the server takes HOST and PORT and no more";
    throw new Failure("usage", { what: `cannot use "${words[2]}"`, why });
  }
  const [host, typedPort] = words.length === 2 ? words : [undefined, words[0]];
  const parse = (port: string): Endpoint => validateIpPort(host ?? UNSPECIFIED, port, RANGE);
  const endpoint = typedPort === undefined
    ? await promptFor({ what: "PORT", parse, stdin, screen })
    : parse(typedPort);
  return { hostname: host === undefined ? null : endpoint.hostname, port: endpoint.port };
}

/**
 * Adds the fingerprint to the event of the start, since the service does not know its certificate,
 * and calls `onStart` after it.
 */
function atStart(sink: Sink, certificates: CertificateManager | null, onStart: () => void): Sink {
  const fingerprint = certificates === null
    ? {}
    : { fingerprint: fingerprintIn(certificates.current) };
  return {
    ...sink,
    emit(event) {
      if (event.type !== "server-start") return sink.emit(event);
      const full = sink.emit({ ...event, ...fingerprint });
      onStart();
      return full;
    },
  };
}

/**
 * Stops the server when `exit` is typed (000). The end of standard input does not stop it, and after
 * Ctrl-D at a terminal more can be typed.
 */
async function stopWhenTyped(
  shutdown: Shutdown,
  stdin: ByteReader,
  screen: Screen,
): Promise<void> {
  for (;;) {
    try {
      const word = await readShortAnswer(stdin);
      if (word === null && !stdinIsTerminal()) return;
      if (word === null) {
        await delay(PAUSE_AFTER_END_MS);
        stdin = openStdin();
        continue;
      }
      if (word === "exit") shutdown.request();
      else if (word !== "") screen.printDiagnostic("type exit to stop the server");
    } catch {
      return; // standard input cannot be read
    }
  }
}

/** As `readAnswer`; a line that is too long counts as an empty one. */
async function readShortAnswer(stdin: ByteReader): Promise<string | null> {
  try {
    return await readAnswer(stdin);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    await skipLine(stdin);
    return "";
  }
}
