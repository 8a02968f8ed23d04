/**
 * What both sides log with (000).
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { MessagesReceived, ServerEvent } from "../server/events.ts";
import type { LogFile } from "./file.ts";
import { logfmt } from "./logfmt.ts";
import { messageLines } from "./messages.ts";

/**
 * Logs an event. Returns a promise only when more waits to be written than may: it settles when
 * there is room again.
 */
export function log(
  file: LogFile,
  event: ServerEvent | MessagesReceived | ClientEvent,
): void | Promise<void> {
  if (event.type === "messages") return file.appendLines(messageLines(event));
  return file.append(logfmt(event));
}
