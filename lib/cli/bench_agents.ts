/**
 * `echo bench --agents N --via URL` and `echo bench --agent --via URL`: a load from several machines.
 *
 * @module
 */
import { lead, type Led, type Plan, runAgent } from "../bench/agents.ts";
import { handshakes, load } from "../bench/load.ts";
import { handshakesReport, messagesReport, type Report } from "../bench/report.ts";
import type { Screen } from "../console/screen.ts";
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import type { NatsLink } from "../net/nats.ts";
import type { BenchValues } from "./bench.ts";
import { dialerOf } from "./bench_dialer.ts";
import type { ExitCode } from "./exit.ts";
import { loadNats } from "./load_nats.ts";
import { credentialsFor } from "./room.ts";

/** Works for whichever bench leads, one after the other, until `signal` is aborted. */
export async function runBenchAgent(
  options: BenchValues,
  screen: Screen,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { link, room } = await connect(options, "echo bench agent", signal);
  screen.printDiagnostic(`agent: ready at ${link.broker}, waiting for a bench`);
  const why = await runAgent(
    link,
    room,
    Deno.hostname(),
    async (plan, onConnected, stop) => {
      const dial = await dialerOf(plan.hostname, plan.port, { ...plan, ca: options.ca });
      return await (plan.handshakes ? handshakes : load)(
        dial,
        { ...plan, onConnected },
        () => {},
        stop,
      );
    },
    (what) => void screen.printDiagnostic(`agent: ${what}`),
    signal,
  );
  await link.close();
  if (why === null) return 0;
  throw new Failure("lost", { what: `lost the NATS server ${link.broker}`, why });
}

/** Leads `--agents`; returns what they have measured together, and its report. */
export async function leadAgents(
  { hostname, port }: Endpoint,
  options: BenchValues,
  signal: AbortSignal,
): Promise<{ led: Led; report: Report }> {
  const { size, depth, rate, dialect } = options;
  const { link, room } = await connect(options, "echo bench", signal);
  const count = options.agents!;
  const plan: Plan = {
    ...{ hostname, port, plain: options.plain, handshakes: options.handshakes },
    ...{ connections: options.connections, size, depth, rate, dialect },
    ...{ timeout: options.timeout, duration: options.duration, warmup: options.warmup },
  };
  const led = await lead(link, room, plan, count, signal).finally(() => link.close());
  const connections = options.connections * count;
  const context = { host: hostname, port, connections, cpuSeconds: 0 };
  const all = rate === null ? null : rate * count;
  const report = options.handshakes
    ? handshakesReport(context, led.measured)
    : messagesReport({ ...context, dialect, size, depth, rate: all }, led.measured);
  const { outcomes, startSkew } = led;
  const agents = outcomes.map(({ host, perSecond, problem }) => ({ host, perSecond, problem }));
  return { led, report: { ...report, cpuShare: null, agents, startSkew } };
}

async function connect(
  { via, roomCa, roomSecret }: BenchValues,
  name: string,
  signal: AbortSignal,
): Promise<{ link: NatsLink; room: string }> {
  if (via === null) {
    const hint = "as in --via nats://HOST/NAME";
    throw new Failure("usage", { what: "cannot start", why: "--via is missing", hint });
  }
  const { isEncrypted, brokers, room } = via;
  const credentials = await credentialsFor(isEncrypted, { ca: roomCa, secret: roomSecret });
  const { NatsLink } = await loadNats();
  let failure: unknown;
  for (const broker of brokers) {
    try {
      return { link: await NatsLink.connect({ ...broker, ...credentials, name }, signal), room };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
