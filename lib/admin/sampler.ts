/**
 * Looks at the server once a second, and keeps the last five minutes.
 *
 * @module
 */
import { emptyMetrics } from "../server/metrics.ts";
import type { AdminSource } from "./source.ts";
import { type Sample, type Status, statusOf } from "./status.ts";

/** How often it looks, in milliseconds. */
export const SAMPLE_INTERVAL_MS = 1_000;

/** How many rates are kept: five minutes. */
const MAX_RATES = 300;

/** The two rates at one moment. */
export interface Rates {
  /** In milliseconds since 1970. */
  time: number;
  /** Messages a second. */
  messages: number;
  /** Bytes of payload a second. */
  bytes: number;
}

/** Samples until it is disposed of. */
export class Sampler implements Disposable {
  readonly #source: AdminSource;
  readonly #onSample: (status: Status) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #before: Sample;
  #isSampling = false;
  /** The rates of the last five minutes, oldest first. */
  readonly rates: Rates[] = [];

  /** Calls `onSample` with each status. */
  constructor(source: AdminSource, onSample: (status: Status) => void) {
    this.#source = source;
    this.#onSample = onSample;
    this.#before = { time: source.started, metrics: emptyMetrics() };
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_INTERVAL_MS);
  }

  /** The status now, with the rates since the last sample that is not just now. */
  async status(): Promise<Status> {
    const now = { ...await this.#source.measure(), time: Date.now() };
    const status = statusOf(this.#source, now, this.#before);
    const last = this.rates.at(-1);
    return last !== undefined && now.time - last.time < SAMPLE_INTERVAL_MS
      ? { ...status, messagesPerSecond: last.messages, bytesPerSecond: last.bytes }
      : status;
  }

  /** Stops. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<void> {
    if (this.#isSampling) return;
    this.#isSampling = true;
    const now = { ...await this.#source.measure(), time: Date.now() };
    const status = statusOf(this.#source, now, this.#before);
    const { time, messagesPerSecond: messages, bytesPerSecond: bytes } = status;
    this.rates.push({ time, messages, bytes });
    if (this.rates.length > MAX_RATES) this.rates.shift();
    this.#before = now;
    this.#isSampling = false;
    this.#onSample(status);
  }
}
