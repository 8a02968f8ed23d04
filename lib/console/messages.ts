/**
 * The lines of many messages at once, as bytes, in any style that shows messages.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { beginningOf, firstBytes } from "../text/excerpt.ts";
import { type LineBuffer, TERMINAL } from "../text/line_buffer.ts";

/**
 * How a style shows messages. It is called for each batch, and returns the function that puts the
 * line of one message, without the line's end: of `size` bytes, of which `payload` is all or the
 * beginning.
 */
export type MessageLook = (
  lines: LineBuffer,
  event: MessagesReceived,
) => (payload: Uint8Array, size: number) => void;

const utf8 = new TextEncoder();
const LINE_END = utf8.encode("\n");
const CUT = utf8.encode("... (");
const CUT_END = utf8.encode(" bytes)");
const NOT_TEXT = utf8.encode(" bytes, not text: ");
const MORE = utf8.encode("...");

/** Puts one line for each message of a batch, with its end. */
export function putMessageLines(
  lines: LineBuffer,
  look: MessageLook,
  event: MessagesReceived,
): void {
  const put = look(lines, event);
  for (const payload of event.payloads()) {
    const bytes = event.count === 1 ? event.bytes : payload.length; // or only its beginning
    put(payload, bytes);
    lines.put(LINE_END);
  }
}

/**
 * The text of a message between two other texts; of a long one its beginning and its size, and of
 * what is not text its size and its first bytes.
 */
export function textLook(
  before: (event: MessagesReceived) => string,
  after: string,
): MessageLook {
  const end = utf8.encode(after);
  return (lines, event) => {
    const begin = utf8.encode(before(event));
    return (payload, size) => {
      const text = beginningOf(payload, size);
      lines.put(begin);
      if (!lines.putText(text, TERMINAL)) {
        const shown = firstBytes(payload);
        lines.putNumber(size);
        lines.put(NOT_TEXT);
        lines.putHex(shown);
        if (shown.length < size) lines.put(MORE);
      } else if (text.length < size) {
        lines.put(CUT);
        lines.putNumber(size);
        lines.put(CUT_END);
      }
      lines.put(end);
    };
  };
}
