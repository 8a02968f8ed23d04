/**
 * The reports of all threads, as one.
 *
 * @module
 */
import { firstOf, type Meter, type Report } from "./meter.ts";
import { addMetrics } from "./metrics.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "./worker_messages.ts";

/** How long a worker may take to answer, in milliseconds; after that its last report counts. */
const MAX_WAIT_MS = 500;

/** The way to one of them. */
export type WorkerEnd = MessageEndpoint<ToWorker, ToPrimary>;

/** Asks the workers, if there are any, and adds up. */
export class Reports {
  readonly #own: Meter;
  readonly #workers = new Map<WorkerEnd, Report | null>();
  #missing = new Set<WorkerEnd>();
  #complete: (() => void) | null = null;
  #refreshing: Promise<void> | null = null;

  /** `own` counts for this thread. */
  constructor(own: Meter) {
    this.#own = own;
  }

  /** Asks `worker` too from now on. */
  add(worker: WorkerEnd): void {
    this.#workers.set(worker, null);
  }

  /** A worker has answered. */
  receive(worker: WorkerEnd, report: Report): void {
    this.#workers.set(worker, report);
    this.#missing.delete(worker);
    if (this.#missing.size === 0) this.#complete?.();
  }

  /** Settles when all workers have answered, or none is there; never rejects. */
  refresh(): Promise<void> {
    if (this.#workers.size === 0) return Promise.resolve();
    return this.#refreshing ??= this.#ask().finally(() => this.#refreshing = null);
  }

  async #ask(): Promise<void> {
    this.#missing = new Set(this.#workers.keys());
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#complete = resolve;
    const timer = setTimeout(resolve, MAX_WAIT_MS);
    for (const worker of this.#missing) worker.postMessage({ type: "measure" });
    await promise;
    clearTimeout(timer);
  }

  /** What all have reported. */
  read(): Report {
    const { metrics, rows } = this.#own.report();
    const reports = [...this.#workers.values()].filter((report) => report !== null);
    return {
      metrics: reports.reduce((sum, report) => addMetrics(sum, report.metrics), metrics),
      rows: firstOf([...rows, ...reports.flatMap(({ rows }) => rows)]),
    };
  }
}
