/**
 * Where events go: to the screen in a style, and to the log file.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { Screen } from "../console/screen.ts";
import { ignored } from "../console/quiet.ts";
import { type Lines, render } from "../console/style.ts";
import { log } from "../log/log.ts";
import { LogFile } from "../log/file.ts";
import {
  type Emit,
  expandBatches,
  type MessagesReceived,
  type ServerEvent,
} from "../server/events.ts";

/** Takes the events of one side. */
export type Sink<E> = (event: E) => void | Promise<void>;

/** Shows events as `lines` has them. */
export function screenSink<E extends { type: string }>(screen: Screen, lines: Lines<E>): Sink<E> {
  return (event) => {
    const text = render(lines, event);
    if (text !== null) return screen.print(text);
  };
}

/**
 * Shows what happens at a server as long as the screen keeps up: a terminal that is held (Ctrl-S) or
 * a pipe that nobody reads must not hold the echo. How many were not shown is said when it goes on,
 * and where they are, if there is a log.
 */
export function lossyScreenSink(
  screen: Screen,
  lines: Lines<ServerEvent>,
  isLogged: boolean,
): Emit {
  const show = screenSink(screen, lines);
  let full = false;
  let skipped = 0;
  const inPassing = expandBatches((event) => {
    if (full) {
      skipped++;
      return;
    }
    const busy = show(event);
    if (!busy) return;
    full = true;
    busy.then(() => {
      full = false;
      if (skipped > 0) {
        const where = isLogged ? "; the log has them" : "";
        screen.printDiagnostic(`echo: too slow to show ${skipped} events${where}`);
      }
      skipped = 0;
    });
  });
  if (lines.message !== ignored) return inPassing;
  return (event) => event.type === "messages" ? undefined : inPassing(event);
}

/** Writes events to the log. */
export function logSink(file: LogFile): Sink<ServerEvent | MessagesReceived | ClientEvent> {
  return (event) => log(file, event);
}

/** Hands events to several sinks; asks to wait while any of them does. */
export function fanOut<E>(sinks: Sink<E>[]): Sink<E> {
  return (event) => {
    let full: Promise<unknown> | undefined;
    for (const sink of sinks) {
      const busy = sink(event);
      if (busy) full = full ? Promise.all([full, busy]) : busy;
    }
    return full as Promise<void> | undefined;
  };
}

/** Opens the log, whose problems are told on the screen and stop nothing; null where none is wanted. */
export async function openLog(path: string | null, screen: Screen): Promise<LogFile | null> {
  if (path === null) return null;
  return await LogFile.open(path, (problem) => void screen.printDiagnostic(`echo: ${problem}`));
}
