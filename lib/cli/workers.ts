/**
 * Threads for `echo server --workers N`.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { ListenOptions } from "../net/listen.ts";

/** Starts `count` workers, each listening; `using` them ends them. Throws a `Failure`. */
export async function startWorkers(count: number, options: ListenOptions): Promise<Crew> {
  const workers = Array.from({ length: count }, () => new Worker(ENTRY, { type: "module" }));
  const crew = { workers, [Symbol.dispose]: () => workers.forEach((it) => it.terminate()) };
  try {
    await Promise.all(workers.map((worker) => start(worker, options)));
    return crew;
  } catch (error) {
    crew[Symbol.dispose]();
    throw error;
  }
}

/** Running workers. */
export interface Crew extends Disposable {
  /** In no order. */
  workers: Worker[];
}

/** Named here in full, so that `deno compile` finds it by this name too (deno.json). */
const ENTRY = new URL("./worker.ts", import.meta.url);

function start(worker: Worker, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Failure("failed", { what: "cannot start a worker", why: event.message }));
    };
    worker.postMessage(options);
  });
}
