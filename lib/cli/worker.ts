/**
 * The program of each thread of `echo server --workers N`.
 *
 * @module
 */
import { Failure, type FailureKind, type FailureParts } from "../failure.ts";
import { listen, type ListenOptions } from "../net/listen.ts";
import { runWorker } from "../server/worker.ts";
import type { MessageEndpoint, ToPrimary, ToWorker } from "../server/worker_messages.ts";

/** Sent when a worker listens, or cannot. */
export type Started = { failure: null } | { failure: { kind: FailureKind } & FailureParts };

/** This thread's end of the channel to the main thread: first for the listener, then for the service. */
const main = self as unknown as MessageEndpoint<Started, ListenOptions>;
const primary = self as unknown as MessageEndpoint<ToPrimary, ToWorker>;

main.onmessage = async ({ data }) => {
  try {
    runWorker(primary, await listen(data));
    main.postMessage({ failure: null });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    main.postMessage({ failure: { kind: error.kind, ...error.parts } });
  }
};
