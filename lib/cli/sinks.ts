/**
 * Where events go: to the screen in a style, and to the log file.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import { putMessageLines } from "../console/messages.ts";
import { Pace } from "../console/pace.ts";
import type { Screen } from "../console/screen.ts";
import { type Lines, render, type Style } from "../console/style.ts";
import { LogFile } from "../log/file.ts";
import type { Level } from "../log/level.ts";
import { log } from "../log/log.ts";
import type { EmittedEvent } from "../server/events.ts";

/** A destination of the events of one side. */
export interface Sink<E> {
  /** Whether it wants `messages` events. */
  readonly wantsMessages: boolean;
  /** Takes an event; returns a promise while it cannot take more. */
  emit(event: E): void | Promise<void>;
  /** Settles when everything that it has taken is out. */
  flush(): Promise<void>;
}

/** Shows the client's events as `lines` has them. A slow screen makes the client wait. */
export function screenSink(screen: Screen, lines: Lines<ClientEvent>): Sink<ClientEvent> {
  return {
    wantsMessages: false,
    emit(event) {
      const text = render(lines, event);
      if (text !== null) return screen.print(text);
    },
    flush: () => screen.flush(),
  };
}

/** How often a terminal tells how many events it did not show, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/**
 * Shows the server's events as long as the screen keeps up: a terminal that is held (Ctrl-S), or a
 * pipe that is not read, must not hold the echo. A terminal gets no more messages than a person can see, and
 * files and pipes get everything. Events that are not shown are counted, and a line says how many
 * they were, and whether the log has them.
 */
export function lossyScreenSink(
  screen: Screen,
  style: Style,
  isLogged: boolean,
): Sink<EmittedEvent> {
  const pace = screen.isTerminal ? new Pace() : null;
  let isFull = false;
  let skipped = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const report = () => {
    clearTimeout(timer);
    timer = undefined;
    const where = isLogged ? "; the log has them" : "";
    if (skipped > 0) screen.printDiagnostic(`echo: too fast to show ${skipped} events${where}`);
    skipped = 0;
  };
  const waitFor = async (full: Promise<void>) => {
    isFull = true;
    await full;
    isFull = false;
    report();
  };
  const print = (event: EmittedEvent): void | Promise<void> => {
    if (event.type === "messages") {
      return screen.printWith((lines) => putMessageLines(lines, style.messages!, event));
    }
    const text = render(style.server, event);
    if (text !== null) return screen.print(text);
  };
  return {
    wantsMessages: style.messages !== undefined,
    emit(event) {
      const messages = event.type === "messages" ? event.count : 0;
      if (isFull || messages > 0 && pace?.allows(messages) === false) {
        skipped += messages || 1;
        if (!isFull) timer ??= setTimeout(report, REPORT_INTERVAL_MS);
        return;
      }
      const full = print(event);
      if (full) void waitFor(full);
    },
    flush() {
      if (!isFull) report();
      return screen.flush();
    },
  };
}

/** Writes events of at least level `lowest` to the log. */
export function logSink(file: LogFile, lowest: Level): Sink<EmittedEvent | ClientEvent> {
  return {
    wantsMessages: lowest === "debug" || lowest === "info",
    emit: (event) => log(file, event, lowest),
    flush: () => file.flush(),
  };
}

/** Hands events to several sinks; asks to wait while any of them does. */
export function fanOut<E extends { type: string }>(sinks: Sink<E>[]): Sink<E> {
  return {
    wantsMessages: sinks.some(({ wantsMessages }) => wantsMessages),
    emit(event) {
      let full: Promise<unknown> | undefined;
      for (const sink of sinks) {
        if (event.type === "messages" && !sink.wantsMessages) continue;
        const busy = sink.emit(event);
        if (busy) full = full ? Promise.all([full, busy]) : busy;
      }
      return full as Promise<void> | undefined;
    },
    async flush() {
      await Promise.all(sinks.map((sink) => sink.flush()));
    },
  };
}

/** The options of the log, as a command has them. */
export interface OpenLogOptions {
  /** `--log`, or null for none. */
  path: string | null;
  /** `--log-max-size`, in bytes. */
  maxSize: number;
}

/** Opens the log; a diagnostic tells of its problems, which stop nothing. Null without a path. */
export async function openLog(
  { path, maxSize }: OpenLogOptions,
  screen: Screen,
): Promise<LogFile | null> {
  if (path === null) return null;
  const onProblem = (problem: string) => void screen.printDiagnostic(`echo: ${problem}`);
  return await LogFile.open(path, { maxSize, onProblem });
}
