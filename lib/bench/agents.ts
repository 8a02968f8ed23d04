/**
 * A load from several machines. One leads: it sends the plan over a broker, waits until as many agents
 * are ready as it needs, starts them together, and merges what they have measured.
 *
 * @module
 */
import { Failure, type FailureKind, reasonOf } from "../failure.ts";
import { delay } from "../std.ts";
import { Latencies } from "./histogram.ts";
import type { LoadOptions, Measured } from "./load.ts";

/** How often an agent says that it is there, and the plan is sent again, in milliseconds. */
const ALIVE_INTERVAL_MS = 500;

/** An agent that says nothing for so long is dead, in milliseconds. */
const DEAD_AFTER_MS = 3_000;

/** How long an agent waits for the others, in milliseconds. */
const START_TIMEOUT_MS = 60_000;

/** A way to the broker. */
export interface AgentLink {
  /** Settles with the reason when it is lost; never rejects. */
  readonly closed: Promise<string>;
  /** Sends a message to all that have subscribed. */
  publish(subject: string, payload: Uint8Array): void;
  /** Gets messages of others. */
  subscribe(subject: string, receive: (subject: string, payload: Uint8Array) => void): void;
}

/** What each agent does. */
export interface Plan extends Omit<LoadOptions, "onConnected"> {
  /** The server. */
  hostname: string;
  /** Its port. */
  port: number;
  /** Whether it is without TLS. */
  plain: boolean;
  /** Whether connections are measured, and not messages. */
  handshakes: boolean;
}

/** Runs a plan. `onConnected` settles when the others are ready too. */
export type RunPlan = (
  plan: Plan,
  onConnected: () => Promise<void>,
  signal: AbortSignal,
) => Promise<Measured>;

/** What came of one agent. */
export interface AgentOutcome {
  /** The name of its machine. */
  host: string;
  /** How many echoes or connections a second; null without a result. */
  perSecond: number | null;
  /** What went wrong, or null. */
  problem: string | null;
  /** Its kind. */
  kind: FailureKind | null;
}

/** What came of a plan. */
export interface Led {
  /** All results as one. */
  measured: Measured;
  /** Each agent. */
  outcomes: AgentOutcome[];
  /** How long after the first agent the last one has started, in milliseconds. */
  startSkew: number;
}

type FromAgent =
  & { agent: string; host: string }
  & (
    | { type: "ready" | "alive" | "started" }
    | { type: "failed"; problem: string; kind: FailureKind }
    | { type: "result"; latencies: string; result: Omit<Measured, "latencies"> }
  );

type FromLeader =
  | { type: "plan"; job: string; plan: Plan }
  | { type: "go"; job: string; agents: string[] }
  | { type: "stop"; job: string };

const utf8 = new TextEncoder();
const encode = (message: FromAgent | FromLeader) => utf8.encode(JSON.stringify(message));

function decode<T>(payload: Uint8Array): T | null {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as T;
  } catch {
    return null;
  }
}

const id = () => crypto.getRandomValues(new Uint8Array(4)).toHex();
const plansOf = (room: string) => `echo.bench.${room}.plan`;
const answersOf = (room: string, job: string) => `echo.bench.${room}.job.${job}`;

/** The agent was not needed. */
class NotChosen extends Error {}

/** Is an agent until `signal` is aborted or the link is lost; returns the reason then. */
export async function runAgent(
  link: AgentLink,
  room: string,
  host: string,
  run: RunPlan,
  onJob: (what: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const agent = id();
  const done = new Set<string>();
  let stop = new AbortController();
  let go = Promise.withResolvers<string[]>();
  let current: string | null = null;
  link.subscribe(plansOf(room), (_subject, payload) => {
    const message = decode<FromLeader>(payload);
    if (message === null) return;
    if (message.type === "plan" && current === null && !done.has(message.job)) {
      current = message.job;
      done.add(message.job);
      go = Promise.withResolvers();
      stop = new AbortController();
      void work(message.job, message.plan).finally(() => current = null);
    } else if (message.job === current && message.type === "go") go.resolve(message.agents);
    else if (message.job === current && message.type === "stop") stop.abort();
  });

  async function work(job: string, plan: Plan): Promise<void> {
    const send = (message: Record<string, unknown>) =>
      link.publish(answersOf(room, job), encode({ ...message, agent, host } as FromAgent));
    const alive = setInterval(() => send({ type: "alive" }), ALIVE_INTERVAL_MS);
    const onConnected = async () => {
      send({ type: "ready" });
      const late = setTimeout(() => go.resolve([]), START_TIMEOUT_MS);
      const agents = await go.promise;
      clearTimeout(late);
      if (!agents.includes(agent)) throw new NotChosen();
      send({ type: "started" });
      onJob(`measuring ${plan.hostname} port ${plan.port}`);
    };
    try {
      const measured = await run(plan, onConnected, AbortSignal.any([signal, stop.signal]));
      const { latencies, ...result } = measured;
      send({ type: "result", latencies: latencies.encode(), result });
      onJob("done, waiting for the next");
    } catch (error) {
      if (error instanceof NotChosen) return;
      const kind = error instanceof Failure ? error.kind : "failed";
      send({ type: "failed", problem: reasonOf(error), kind });
      onJob(`failed: ${reasonOf(error)}`);
    } finally {
      clearInterval(alive);
    }
  }

  const aborted = new Promise<null>((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  return await Promise.race([link.closed, aborted]);
}

/** An agent, as its leader sees it. */
interface Follower {
  host: string;
  lastAt: number;
  startedAt: number | null;
  outcome: AgentOutcome | null;
}

/**
 * Leads `count` agents through a plan. Throws a `Failure` when too few are ready within
 * `plan.timeout`. An agent that dies or fails is in the outcomes, and the others count.
 */
export async function lead(
  link: AgentLink,
  room: string,
  plan: Plan,
  count: number,
  signal: AbortSignal,
): Promise<Led> {
  const job = id();
  const ready = new Map<string, Follower>();
  const merged = { latencies: new Latencies() };
  const measured: Measured = { seconds: 0, count: 0, ticks: [], unanswered: 0, ...merged };
  let isRunning = false;
  let failure: Failure | null = null;
  link.subscribe(answersOf(room, job), (_subject, payload) => {
    const message = decode<FromAgent>(payload);
    if (message === null) return;
    const known = ready.get(message.agent);
    if (message.type === "ready" && !isRunning && known === undefined && ready.size < count) {
      const host = `${message.host}/${message.agent}`; // a machine may have several
      ready.set(message.agent, { host, lastAt: 0, startedAt: null, outcome: null });
    }
    if (message.type === "failed" && known === undefined && !isRunning) {
      failure ??= cannotStart(message);
    }
    const follower = ready.get(message.agent);
    if (follower === undefined || follower.outcome !== null) return;
    const now = follower.lastAt = performance.now();
    if (message.type === "started") follower.startedAt = now;
    else if (message.type === "failed") {
      follower.outcome = outcomeOf(follower, { problem: message.problem, kind: message.kind });
    } else if (message.type === "result") {
      add(measured, message.result, message.latencies);
      const { count, seconds } = message.result;
      follower.outcome = outcomeOf(follower, { perSecond: seconds > 0 ? count / seconds : 0 });
    }
  });
  const publish = (message: FromLeader) => link.publish(plansOf(room), encode(message));
  const deadline = performance.now() + plan.timeout;
  for (let sentAt = -Infinity; ready.size < count && !signal.aborted;) {
    if (failure !== null) throw failure;
    const now = performance.now();
    if (now > deadline) throw tooFew(ready.size, count, plan.timeout);
    if (now - sentAt > ALIVE_INTERVAL_MS) { // an agent may come later than its plan
      publish({ type: "plan", job, plan });
      sentAt = now;
    }
    await delay(5, { signal }).catch(() => {});
  }
  isRunning = true;
  publish({ type: "go", job, agents: [...ready.keys()] });
  const followers = [...ready.values()];
  const end = performance.now() + plan.warmup + plan.duration + plan.timeout + DEAD_AFTER_MS;
  const stop = () => publish({ type: "stop", job });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  while (followers.some(({ outcome }) => outcome === null)) {
    await delay(20);
    const now = performance.now();
    for (const follower of followers) {
      if (follower.outcome !== null) continue;
      if (now - follower.lastAt < DEAD_AFTER_MS && now < end) continue;
      const problem = `it has gone: nothing came from it for ${DEAD_AFTER_MS / 1000} s`;
      follower.outcome = outcomeOf(follower, { problem, kind: "lost" });
    }
  }
  signal.removeEventListener("abort", stop);
  const starts = followers.flatMap(({ startedAt }) => startedAt === null ? [] : [startedAt]);
  const startSkew = starts.length === 0 ? 0 : Math.max(...starts) - Math.min(...starts);
  return { measured, outcomes: followers.map(({ outcome }) => outcome!), startSkew };
}

function outcomeOf({ host }: Follower, what: Partial<AgentOutcome>): AgentOutcome {
  return { host, perSecond: null, problem: null, kind: null, ...what };
}

function cannotStart(
  { host, agent, problem, kind }: Extract<FromAgent, { type: "failed" }>,
): Failure {
  return new Failure(kind, { what: `agent ${host}/${agent} cannot start`, why: problem });
}

function tooFew(ready: number, count: number, timeout: number): Failure {
  const what = `cannot start ${count} agents`;
  const why = `${ready} of them were ready within ${timeout / 1000} s`;
  return new Failure("unreachable", { what, why, hint: "start more with bench --agent --via URL" });
}

/** Histograms are merged: an average of percentiles would mean nothing. */
function add(sum: Measured, result: Omit<Measured, "latencies">, latencies: string): void {
  sum.latencies.merge(latencies);
  sum.seconds = Math.max(sum.seconds, result.seconds);
  sum.count += result.count;
  sum.unanswered += result.unanswered;
  for (const [at, count] of result.ticks.entries()) sum.ticks[at] = (sum.ticks[at] ?? 0) + count;
}
