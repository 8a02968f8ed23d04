/**
 * The lines of many messages at once, as bytes, in any style that shows messages.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { type Excerpt, excerpt } from "../text/excerpt.ts";
import { type LineBuffer, TERMINAL } from "../text/line_buffer.ts";

/**
 * How a style shows messages. It is called for each batch, and returns the function that puts the
 * line of one message, without the line's end: of `bytes` bytes, of which `shown` is shown.
 */
export type MessageLook = (
  lines: LineBuffer,
  event: MessagesReceived,
) => (bytes: number, shown: Excerpt) => void;

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
    put(bytes, excerpt(payload, bytes));
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
    return (bytes, shown) => {
      lines.put(begin);
      if (shown.isText) {
        lines.putText(shown.bytes, TERMINAL);
        if (shown.bytes.length < bytes) {
          lines.put(CUT);
          lines.putNumber(bytes);
          lines.put(CUT_END);
        }
      } else {
        lines.putNumber(bytes);
        lines.put(NOT_TEXT);
        lines.putHex(shown.bytes);
        if (shown.bytes.length < bytes) lines.put(MORE);
      }
      lines.put(end);
    };
  };
}
