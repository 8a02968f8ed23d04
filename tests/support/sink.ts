/**
 * A sink of the server for tests, which keeps single messages.
 *
 * @module
 */
import { expandBatches, type ServerEvent, type Sink } from "../../lib/server/events.ts";

/** Gives every event to `emit`, each message as an event of its own. */
export function sinkTo(emit: (event: ServerEvent) => void | Promise<void>): Sink {
  return { wantsMessages: true, emit: expandBatches(emit), flush: () => Promise.resolve() };
}
