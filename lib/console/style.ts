/**
 * How events look on the screen. A style is a table from events to lines. A new style is one new file
 * and one word in the table below.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { EmittedEvent } from "../server/events.ts";
import { banner } from "./banner.ts";
import { json } from "./json.ts";
import type { MessageLook } from "./messages.ts";
import { plus } from "./plus.ts";
import { python } from "./python.ts";
import { quiet } from "./quiet.ts";
import { transcript } from "./transcript.ts";

/** An event of the server that is no message. */
export type SingleEvent = Exclude<EmittedEvent, { type: "messages" }>;

/**
 * A function for each event that a style shows. It returns the event's lines, without the end of the
 * last one, or null for nothing. An event without a function is not shown, unless by `otherwise`.
 */
export type Lines<E extends { type: string }> = Partial<AllLines<E>> & {
  /** The lines of all events without a function of their own. */
  otherwise?: (event: E) => string | null;
};

/** Lines for each event: one that is forgotten does not compile. */
export type AllLines<E extends { type: string }> = {
  [T in E["type"]]: (event: Extract<E, { type: T }>) => string | null;
};

/** The looks of both sides. All text from outside must be escaped (lib/text/escape.ts). */
export interface Style {
  /** The lines of messages that the server received; undefined: it does not show them. */
  messages?: MessageLook;
  /** The server's other lines. */
  server: Lines<SingleEvent>;
  /** The client's lines. */
  client: Lines<ClientEvent>;
  /** The text before a line that is typed. */
  prompt: string;
}

/** All styles by their names. */
export const STYLES = { transcript, banner, python, plus, json, quiet } satisfies Record<
  string,
  Style
>;

/** A value of `--style`. */
export type StyleName = keyof typeof STYLES;

/** The lines of `event`, or null for none. */
export function render<E extends { type: string }>(lines: Lines<E>, event: E): string | null {
  // TypeScript cannot relate the type of an event to that of its function.
  const line = lines[event.type as E["type"]] as Lines<E>["otherwise"];
  return (line ?? lines.otherwise)?.(event) ?? null;
}
