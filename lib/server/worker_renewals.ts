/**
 * A new certificate for all workers of a server: it is in use when each of them has it.
 *
 * @module
 */
import type { Credentials } from "../net/listen.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "./worker_messages.ts";

/** A worker, as the primary sees it. */
export type WorkerEndpoint = MessageEndpoint<ToWorker, ToPrimary>;

/** Sends certificates to workers, one after the other. */
export class WorkerRenewals {
  readonly #workers: WorkerEndpoint[];
  readonly #waiting = new Map<WorkerEndpoint, PromiseWithResolvers<void>>();

  /** To these workers, whose answers `settle` is given. */
  constructor(workers: WorkerEndpoint[]) {
    this.#workers = workers;
  }

  /** Settles when all workers use the certificate. Rejects when one cannot. */
  async renew(tls: Credentials): Promise<void> {
    await Promise.all(this.#workers.map((worker) => {
      const answer = Promise.withResolvers<void>();
      this.#waiting.set(worker, answer);
      worker.postMessage({ type: "renew", tls });
      return answer.promise;
    }));
  }

  /** A worker has answered: it uses the certificate, or has a problem with it. */
  settle(worker: WorkerEndpoint, problem: string | null): void {
    const answer = this.#waiting.get(worker);
    this.#waiting.delete(worker);
    if (problem === null) answer?.resolve();
    else answer?.reject(new Error(problem));
  }
}
