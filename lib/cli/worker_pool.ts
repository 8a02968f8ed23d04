/**
 * Threads for `echo server --workers N`.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { ListenOptions } from "../net/listen.ts";

/** Starts `count` workers that listen; disposing of the pool ends them. Throws a `Failure`. */
export async function startWorkers(count: number, options: ListenOptions): Promise<WorkerPool> {
  const workers = Array.from({ length: count }, () => new Worker(ENTRY, { type: "module" }));
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // until it is awaited, a rejection is not unhandled
  const pool = {
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
    await Promise.race([Promise.all(workers.map((it) => start(it, options))), pool.broken]);
    return pool;
  } catch (error) {
    pool[Symbol.dispose]();
    throw error;
  }
}

/** Running workers. */
export interface WorkerPool extends Disposable {
  /** The threads. */
  workers: Worker[];
  /** Rejects with a `Failure` when one of them has failed; its connections are lost. */
  broken: Promise<never>;
}

/** A literal name, so that `deno compile` finds the file too. */
const ENTRY = new URL("./worker.ts", import.meta.url);

function start(worker: Worker, options: ListenOptions): Promise<void> {
  return new Promise((resolve) => {
    worker.onmessage = () => resolve();
    worker.postMessage(options);
  });
}
