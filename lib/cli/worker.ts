/**
 * The program of each thread of `echo server --workers N`.
 *
 * @module
 */
import { listen, type ListenOptions } from "../net/listen.ts";
import { runWorker } from "../server/worker.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "../server/worker_messages.ts";

/** Sent when a worker listens. */
export type Ready = { type: "ready" };

/** This thread's end of the channel to the main thread: first for the listener, then for the service. */
const main = self as unknown as MessageEndpoint<Ready, ListenOptions>;
const primary = self as unknown as MessageEndpoint<ToPrimary, ToWorker>;

main.onmessage = async ({ data }) => {
  runWorker(primary, await listen(data));
  main.postMessage({ type: "ready" });
};
