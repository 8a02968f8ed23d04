/**
 * The text messages that are commands and have no echo.
 *
 * @module
 */
import { Kind } from "./kind.ts";

/** `quit`: the history, then the end (002); `exit` (000) and the empty message (003): the end. */
export type Command = "quit" | "exit" | "empty";

/** The length of the longest command, in bytes. */
export const MAX_COMMAND_BYTES = 4;

/** The command that equals a message; null for other messages, and for all kinds but text. */
export function commandOf(kind: Kind, payload: Uint8Array): Command | null {
  if (kind !== Kind.text || payload.length > MAX_COMMAND_BYTES) return null;
  if (payload.length === 0) return "empty";
  const word = String.fromCharCode(...payload);
  return word === "quit" || word === "exit" ? word : null;
}
