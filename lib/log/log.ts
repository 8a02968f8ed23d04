/**
 * The log function of both sides (000).
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { EmittedEvent } from "../server/events.ts";
import type { LogFile } from "./file.ts";
import { isAtLeast, type Level, levelOf } from "./level.ts";
import { logfmt } from "./logfmt.ts";
import { putMessageLines } from "./messages.ts";

/**
 * Logs an event, unless it matters less than `lowest`. Returns a promise only when more waits to be
 * written than may: it settles when there is room again.
 */
export function log(
  file: LogFile,
  event: EmittedEvent | ClientEvent,
  lowest: Level = "info",
): void | Promise<void> {
  if (!isAtLeast(levelOf(event), lowest)) return;
  if (event.type === "messages") {
    return file.appendWith((lines) => putMessageLines(lines, event), event.count);
  }
  return file.append(logfmt(event));
}
