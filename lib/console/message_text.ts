/**
 * What a message says.
 *
 * @module
 */
import type { MessageReceived } from "../server/events.ts";
import { safeText } from "../text/escape.ts";

/** All of it in the words of `show`, or, of one that is too long, how it begins. */
export function messageText(
  { payload, bytes }: Pick<MessageReceived, "payload" | "bytes">,
  show: (payload: Uint8Array) => string = safeText,
): string {
  return payload.length < bytes ? `${show(payload)}... (${bytes} bytes)` : show(payload);
}
