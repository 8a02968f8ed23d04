/**
 * Latencies in a few kilobytes, however many there are: an HDR histogram, the field's standard.
 *
 * @module
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";

/** The resolution, in microseconds. */
const RESOLUTION_US = 0.1;

/** The longest latency, in microseconds: a minute. Longer ones count as this. */
const MAX_LATENCY_US = 60_000_000;

/** The percentiles of a report by their names. */
export const PERCENTILES = { p50: 50, p90: 90, p99: 99, "p99.9": 99.9, max: 100 } as const;

/** Latencies in microseconds, to three digits. */
export type Summary = Record<keyof typeof PERCENTILES, number>;

/** Counts latencies. */
export class Latencies {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_LATENCY_US / RESOLUTION_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false, // without it recording is as fast
  });

  /** How many there are. */
  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Adds one, in milliseconds. A negative one, from a rounding clock, counts as 0. */
  record(milliseconds: number): void {
    const units = Math.round(milliseconds * 1000 / RESOLUTION_US);
    this.#histogram.recordValue(Math.min(Math.max(units, 0), MAX_LATENCY_US / RESOLUTION_US));
  }

  /** All of them as text, in the standard format of HDR histograms (V2, compressed). */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  /** Adds all that `encode` has written elsewhere. Throws for any other text. */
  merge(encoded: string): void {
    this.#histogram.add(decodeFromCompressedBase64(encoded));
  }

  /** The latency at a percentile, in microseconds. */
  at(percent: number): number {
    return Math.round(this.#histogram.getValueAtPercentile(percent)) * RESOLUTION_US;
  }

  /** The percentiles of a report. */
  summary(): Summary {
    const entries = Object.entries(PERCENTILES);
    return Object.fromEntries(
      entries.map(([name, percent]) => [name, round(this.at(percent))]),
    ) as Summary;
  }
}

function round(microseconds: number): number {
  return Math.round(microseconds * 10) / 10;
}
