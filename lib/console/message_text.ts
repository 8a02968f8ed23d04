/**
 * The text of a message.
 *
 * @module
 */
import type { MessageReceived } from "../server/events.ts";
import { safeText } from "../text/escape.ts";

/** All of a message as `show` writes it; of a long message its beginning and its size. */
export function messageText(
  { payload, bytes }: Pick<MessageReceived, "payload" | "bytes">,
  show: (payload: Uint8Array) => string = safeText,
): string {
  return payload.length < bytes ? `${show(payload)}... (${bytes} bytes)` : show(payload);
}
