/**
 * How events look to a person. A style is a table from events to lines; a new look is one new file
 * and one line in the table below.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { ServerEvent } from "../server/events.ts";
import { banner } from "./banner.ts";
import { json } from "./json.ts";
import { plus } from "./plus.ts";
import { python } from "./python.ts";
import { quiet } from "./quiet.ts";
import { transcript } from "./transcript.ts";

/**
 * A function for each event, which says what appears: lines, without the last line's end, or null
 * for nothing. An event that is left out does not compile.
 */
export type Lines<E extends { type: string }> = {
  [T in E["type"]]: (event: Extract<E, { type: T }>) => string | null;
};

/** One way to show both sides. Whatever comes from outside must be escaped (lib/text/escape.ts). */
export interface Style {
  /** What the server shows. */
  server: Lines<ServerEvent>;
  /** What the client shows. */
  client: Lines<ClientEvent>;
  /** What stands before the line that a person types. */
  prompt: string;
}

/** The styles by their names. */
export const STYLES = { transcript, banner, python, plus, json, quiet } satisfies Record<
  string,
  Style
>;

/** A name for `--style`. */
export type StyleName = keyof typeof STYLES;

/** What `lines` shows for `event`, or null. */
export function render<E extends { type: string }>(lines: Lines<E>, event: E): string | null {
  // The table has a function for every type; TypeScript cannot relate the two unions by itself.
  const line = lines[event.type as E["type"]] as (event: E) => string | null;
  return line(event);
}
