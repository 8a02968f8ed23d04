/**
 * Threads for `echo server --workers N`.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { ListenOptions } from "../net/listen.ts";

/** Starts `count` workers, each listening; `using` them ends them. Throws a `Failure`. */
export async function startWorkers(count: number, options: ListenOptions): Promise<WorkerPool> {
  const workers = Array.from({ length: count }, () => new Worker(ENTRY, { type: "module" }));
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // whoever cares awaits it
  const crew = {
    workers,
    broken: broken.promise,
    [Symbol.dispose]: () => workers.forEach((it) => it.terminate()),
  };
  for (const worker of workers) {
    worker.onerror = (event) => {
      event.preventDefault();
      broken.reject(new Failure("failed", { what: "cannot go on", why: event.message }));
    };
  }
  try {
    await Promise.race([Promise.all(workers.map((it) => start(it, options))), crew.broken]);
    return crew;
  } catch (error) {
    crew[Symbol.dispose]();
    throw error;
  }
}

/** Running workers. */
export interface WorkerPool extends Disposable {
  /** In no order. */
  workers: Worker[];
  /** Rejects with a `Failure` when one of them has failed: what it was about to do is lost. */
  broken: Promise<never>;
}

/** Named here in full, so that `deno compile` finds it by this name too (deno.json). */
const ENTRY = new URL("./worker.ts", import.meta.url);

function start(worker: Worker, options: ListenOptions): Promise<void> {
  return new Promise((resolve) => {
    worker.onmessage = () => resolve();
    worker.postMessage(options);
  });
}
