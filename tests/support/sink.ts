/**
 * A sink of the server for tests, which keeps single messages.
 *
 * @module
 */
import type { EmittedEvent, ServerEvent, Sink } from "../../lib/server/events.ts";
import { payloadsOf } from "../../lib/wire/batch.ts";

/** Gives every event to `emit`, each message as an event of its own. */
export function sinkTo(emit: (event: ServerEvent) => void | Promise<void>): Sink {
  return { wantsMessages: true, emit: expandBatches(emit), flush: () => Promise.resolve() };
}

/** Takes single messages out of the events for `show`. */
function expandBatches(
  show: (event: ServerEvent) => void | Promise<void>,
): (event: EmittedEvent) => void | Promise<void> {
  return (event) => {
    if (event.type !== "messages") return show(event);
    const { time, conn, peer, count } = event;
    let full: void | Promise<void> = undefined;
    for (const payload of payloadsOf(event)) {
      // The payload of a single message may be only its beginning.
      const bytes = count === 1 ? event.bytes : payload.length;
      full = show({ type: "message", time, conn, peer, bytes, payload }) ?? full;
    }
    return full;
  };
}
