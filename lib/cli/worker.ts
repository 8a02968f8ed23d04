/**
 * What runs in each thread of `echo server --workers N`.
 *
 * @module
 */
import { listen, type ListenOptions } from "../net/listen.ts";
import { runWorker } from "../server/worker.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "../server/worker_messages.ts";

/** Says that a worker listens. */
export type Ready = { type: "ready" };

/** This thread's end of the way to the main one: first for the listener, then for the service. */
const main = self as unknown as MessageEndpoint<Ready, ListenOptions>;
const leader = self as unknown as MessageEndpoint<ToPrimary, ToWorker>;

main.onmessage = async ({ data }) => {
  runWorker(leader, await listen(data));
  main.postMessage({ type: "ready" });
};
