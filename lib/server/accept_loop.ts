/**
 * Accepting connections, and going on when the system has none to give.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import type { Listener } from "../net/listen.ts";
import { BackOff } from "./back_off.ts";
import type { Sink } from "./events.ts";

/** How long to wait after a failed accept, in milliseconds. */
const RETRY_DELAY_MS = { min: 10, max: 500 };

/** Errors of one connection that was gone before it was accepted: nothing is wrong here. */
const GONE = [
  Deno.errors.ConnectionAborted,
  Deno.errors.ConnectionReset,
  Deno.errors.NotConnected,
];

/** How often failed accepts are reported, in milliseconds: they come by the dozen. */
const REPORT_INTERVAL_MS = 1_000;

/**
 * Connections until `signal` is aborted. When the system has none to give, as without descriptors,
 * that is reported, and tried again later.
 */
export async function* acceptLoop(
  listener: Listener,
  sink: Sink,
  signal: AbortSignal,
): AsyncGenerator<Conn, void> {
  if (signal.aborted) return listener.close();
  signal.addEventListener("abort", () => listener.close(), { once: true });
  const backOff = new BackOff(RETRY_DELAY_MS);
  let failed = 0;
  let reported = -Infinity;
  while (!signal.aborted) {
    try {
      const conn = await listener.accept();
      backOff.reset();
      yield conn;
    } catch (error) {
      if (signal.aborted) return;
      if (GONE.some((it) => error instanceof it)) continue;
      failed++;
      if (performance.now() - reported >= REPORT_INTERVAL_MS) {
        reported = performance.now();
        const problem = error instanceof Error ? error.message : String(error);
        await sink.emit({ type: "accept-failed", time: Date.now(), problem, count: failed });
        failed = 0;
      }
      await backOff.wait(signal);
    }
  }
}
