/**
 * A load on an echo server, and its measurement.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import { delay } from "../std.ts";
import { Latencies } from "./histogram.ts";
import { type LoadDialect, Pattern } from "./pattern.ts";
import { Stream } from "./stream.ts";

/** Makes one connection and completes its handshake. Throws a `Failure`. */
export type Dial = () => Promise<Conn>;

/** How long to measure, and how many connections. */
export interface Span {
  /** The connections at a time. */
  connections: number;
  /** The measured time, in milliseconds. */
  duration: number;
  /** The time before that in which nothing is counted, in milliseconds. */
  warmup: number;
  /** Called when all connections are there; the load begins when it settles. */
  onConnected?: () => Promise<void>;
}

/** The messages of a load. */
export interface LoadOptions extends Span {
  /** The payload of a message, in bytes. */
  size: number;
  /** The messages in flight on each connection. */
  depth: number;
  /**
   * Messages a second over all connections; null: each echo sends the next message. With a rate,
   * latency counts from the time when a message was due, so that a stall is not hidden.
   */
  rate: number | null;
  /** How messages are told apart. */
  dialect: LoadDialect;
  /** How long the last echoes may take after the measured time, in milliseconds. */
  timeout: number;
}

/** A measurement. */
export interface Measured {
  /** The measured time, in seconds. */
  seconds: number;
  /** The number of echoes, or of connections. */
  count: number;
  /**
   * The time that each took. With a rate also the age, at the end of the measured time, of each
   * message that was due by then and has no echo: a stall must not be hidden.
   */
  latencies: Latencies;
  /** How many came in each tick. */
  ticks: number[];
  /** How many messages had no echo when the load ended. */
  unanswered: number;
}

/** The time between two samples of throughput, in milliseconds. */
export const TICK_MS = 100;

/** How long the last echoes may take after an interrupt, in milliseconds. */
const INTERRUPTED_DRAIN_MS = 1_000;

/** How many connections are opened at a time: more overflow the backlog of some servers. */
const CONNECT_BATCH = 64;

/** Called when measuring begins and at each tick, with the elapsed part (0 to 1) and the tick's count. */
export type OnTick = (done: number, count: number) => void;

/** Counts from the end of the warm-up to the end of the time, or until `signal` is aborted. */
class Meter {
  readonly measured: Measured = {
    seconds: 0,
    count: 0,
    latencies: new Latencies(),
    ticks: [],
    unanswered: 0,
  };
  #counting = false;
  #inTick = 0;

  record = (milliseconds: number): void => {
    if (!this.#counting) return;
    this.measured.count++;
    this.#inTick++;
    this.measured.latencies.record(milliseconds);
  };

  /** Measures `work` until the time is over. Rejects when `work` rejects. */
  async measureDuring(work: Promise<unknown>, span: Span, watch: OnTick, signal: AbortSignal) {
    const failed = new AbortController();
    const time = this.#run(span, watch, AbortSignal.any([signal, failed.signal]));
    try {
      await Promise.race([work, time]);
    } finally {
      failed.abort(); // without effect where the time is over
      await time;
    }
  }

  async #run({ duration, warmup }: Span, watch: OnTick, signal: AbortSignal): Promise<void> {
    const pause = (ms: number) => delay(ms, { signal }).catch(() => {});
    if (warmup > 0) await pause(warmup);
    this.#counting = true;
    watch(0, 0);
    const start = performance.now();
    for (let now = start; !signal.aborted && now < start + duration; now = performance.now()) {
      await pause(Math.min(TICK_MS, start + duration - now));
      this.measured.ticks.push(this.#inTick);
      watch(Math.min(1, (performance.now() - start) / duration), this.#inTick);
      this.#inTick = 0;
    }
    this.measured.seconds = (performance.now() - start) / 1000;
    this.#counting = false;
  }
}

/**
 * Sends messages and checks every byte that comes back. It ends `options.timeout` after the measured
 * time at most, and at once when `signal` is aborted meanwhile. Rejects with a `Failure` when a
 * connection cannot be made or is lost, or when what comes back is not what was sent.
 */
export async function load(
  dial: Dial,
  options: LoadOptions,
  watch: OnTick,
  signal: AbortSignal,
): Promise<Measured> {
  const { connections, size, depth, rate, dialect, timeout } = options;
  const conns = await dialAll(dial, connections);
  try {
    await options.onConnected?.();
  } catch (error) {
    for (const conn of conns) conn.close();
    throw error;
  }
  const meter = new Meter();
  const interval = rate === null ? 0 : connections * 1000 / rate;
  const begin = performance.now();
  const streams = conns.map((conn, i) => {
    const schedule = { start: begin + i * interval / connections, interval };
    return new Stream({
      conn,
      pattern: new Pattern({ size, depth, number: i, dialect }),
      depth,
      schedule,
      number: i + 1,
      onEcho: meter.record,
    });
  });
  const running = Promise.all(streams.map((stream) => stream.run()));
  const clock = interval === 0 ? undefined : setInterval(() => {
    const now = performance.now();
    for (const stream of streams) stream.send(now);
  }, 1);
  try {
    await meter.measureDuring(running, options, watch, signal);
    const now = performance.now();
    const overdue = rate === null ? [] : streams.flatMap((stream) => stream.overdue(now));
    for (const age of overdue) meter.measured.latencies.record(age);
    for (const stream of streams) stream.stop();
    await waitFor(running, timeout, signal);
    meter.measured.unanswered = streams.reduce((sum, { inFlight }) => sum + inFlight, 0);
  } finally {
    running.catch(() => {}); // what is still under way ends with its connection
    clearInterval(clock);
    for (const conn of conns) conn.close();
  }
  return meter.measured;
}

/** Settles as `running` does, or after `timeout`, or when `signal` is aborted now. */
async function waitFor(
  running: Promise<unknown>,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  // An interrupt that ended the measured time does not end this too.
  const late = signal.aborted
    ? delay(Math.min(timeout, INTERRUPTED_DRAIN_MS), { signal: done.signal })
    : delay(timeout, { signal: AbortSignal.any([signal, done.signal]) });
  try {
    await Promise.race([running, late.catch(() => {})]);
  } finally {
    done.abort();
  }
}

/** Opens and closes connections in a loop. Rejects with a `Failure` when one cannot be opened. */
export async function handshakes(
  dial: Dial,
  options: Span,
  watch: OnTick,
  signal: AbortSignal,
): Promise<Measured> {
  await options.onConnected?.();
  const meter = new Meter();
  let over = false;
  const repeat = async () => {
    while (!over) {
      const begin = performance.now();
      const conn = await dial();
      meter.record(performance.now() - begin);
      conn.close();
    }
  };
  const running = Promise.all(Array.from({ length: options.connections }, repeat));
  try {
    await meter.measureDuring(running, options, watch, signal);
  } finally {
    over = true;
  }
  await running;
  return meter.measured;
}

/** Opens all connections. When one fails, it closes the others and rejects. */
async function dialAll(dial: Dial, count: number): Promise<Conn[]> {
  const conns: Conn[] = [];
  while (conns.length < count) {
    const wave = Array.from(
      { length: Math.min(CONNECT_BATCH, count - conns.length) },
      () => dial(),
    );
    const results = await Promise.allSettled(wave);
    for (const result of results) if (result.status === "fulfilled") conns.push(result.value);
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) continue;
    for (const conn of conns) conn.close();
    throw failed.reason;
  }
  return conns;
}
