/**
 * What runs in each thread of `echo server --workers N`.
 *
 * @module
 */
import { listen, type ListenOptions } from "../net/listen.ts";
import { follow, type Order, type Port, type Report } from "../server/workers.ts";

/** Says that a worker listens. */
export type Ready = { type: "ready" };

/** This thread's end of the way to the main one: first for the listener, then for the service. */
const main = self as unknown as Port<Ready, ListenOptions>;
const leader = self as unknown as Port<Report, Order>;

main.onmessage = async ({ data }) => {
  follow(leader, await listen(data));
  main.postMessage({ type: "ready" });
};
