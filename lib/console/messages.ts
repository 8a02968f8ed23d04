/**
 * The lines of many messages at once, as bytes, in any style that shows messages.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { hexEnd, textEnd } from "../text/excerpt.ts";
import { type LineBuffer, TERMINAL } from "../text/line_buffer.ts";

/**
 * How a style shows messages. It is called for each batch, and returns the function that puts the
 * line of one message, without the line's end: of `size` bytes, of which those from `start` to `end`
 * are all or the beginning.
 */
export type MessageLook = (
  lines: LineBuffer,
  event: MessagesReceived,
) => (bytes: Uint8Array, start: number, end: number, size: number) => void;

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
  event.forEachPayload((bytes, start, end) => {
    put(bytes, start, end, event.count === 1 ? event.bytes : end - start); // or only its beginning
    lines.put(LINE_END);
  });
}

/**
 * The text of a message between two other texts; of a long one its beginning and its size, and of
 * what is not text its size and its first bytes.
 */
export function textLook(
  before: (event: MessagesReceived) => string,
  after: string,
): MessageLook {
  const tail = utf8.encode(after);
  return (lines, event) => {
    const head = utf8.encode(before(event));
    return (bytes, start, end, size) => {
      const shownEnd = textEnd(bytes, start, end, size);
      lines.put(head);
      if (!lines.putText(bytes, TERMINAL, start, shownEnd)) {
        lines.putNumber(size);
        lines.put(NOT_TEXT);
        lines.putHex(bytes, start, hexEnd(start, end));
        if (hexEnd(start, end) - start < size) lines.put(MORE);
      } else if (shownEnd - start < size) {
        lines.put(CUT);
        lines.putNumber(size);
        lines.put(CUT_END);
      }
      lines.put(tail);
    };
  };
}
