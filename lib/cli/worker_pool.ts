/**
 * Threads for `echo server --workers N`.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { ListenOptions } from "../net/listen.ts";
import { allowReusePort, canShareLater } from "../net/socket.ts";
import type { Started } from "./worker.ts";

/**
 * Starts `count` workers that listen on one port; disposing of the pool ends them. Throws a `Failure`,
 * also where another server has taken the port.
 */
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
    await Promise.race([startAll(workers, options), pool.broken]);
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

/**
 * Only the first worker can tell that another server has the port: a shared port would hide that. So
 * it listens alone, and shares the port after that. Without FFI it cannot, and all share at once.
 */
async function startAll(workers: Worker[], options: ListenOptions): Promise<void> {
  const [first, ...others] = workers;
  const isExclusive = canShareLater();
  await start(first!, { ...options, shared: !isExclusive });
  if (isExclusive) allowReusePort(options.port);
  await Promise.all(others.map((it) => start(it, { ...options, shared: true })));
}

function start(worker: Worker, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data: { failure } }: MessageEvent<Started>) => {
      if (failure === null) resolve();
      else reject(new Failure(failure.kind, failure));
    };
    worker.postMessage(options);
  });
}
