/**
 * The lines of many messages at once, as bytes. Most lines of a log are messages. Their bytes are
 * copied, which costs a fraction of making strings.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { hexEnd, textEnd } from "../text/excerpt.ts";
import { JSON_STRING, type LineBuffer } from "../text/line_buffer.ts";
import { MAX_TEXT_BYTES, messageHead, timeField } from "./logfmt.ts";

const utf8 = new TextEncoder();
const TEXT = utf8.encode(' text="');
const TEXT_END = utf8.encode('"\n');
const CUT_TEXT_END = utf8.encode('" truncated=true\n');
const HEX = utf8.encode(" hex=");
const LINE_END = utf8.encode("\n");

/** Puts one line for each message, exactly as `logfmt` writes it, with its end. */
export function putMessageLines(lines: LineBuffer, event: MessagesReceived): void {
  const head = lines.length;
  let headEnd = head;
  event.forEachPayload((bytes, start, end) => {
    if (headEnd === head) {
      lines.put(stampOf(event.time));
      lines.put(headOf(event));
      headEnd = lines.length;
    } else {
      lines.repeat(head, headEnd);
    }
    const size = event.count === 1 ? event.bytes : end - start; // or only its beginning
    lines.putNumber(size);
    const length = lines.length;
    lines.put(TEXT);
    const shownEnd = textEnd(bytes, start, end, size, MAX_TEXT_BYTES);
    if (lines.putText(bytes, JSON_STRING, start, shownEnd)) {
      lines.put(shownEnd - start < size ? CUT_TEXT_END : TEXT_END);
    } else {
      lines.cut(length);
      lines.put(HEX);
      lines.putHex(bytes, start, hexEnd(start, end));
      lines.put(LINE_END);
    }
  });
}

// The beginning of a line is the same for many. To encode it each time costs more than all the rest.
let lastTime = NaN;
let lastStamp = new Uint8Array();
const heads = new WeakMap<MessagesReceived["peer"], Uint8Array>();

function stampOf(time: number): Uint8Array {
  if (time !== lastTime) {
    lastTime = time;
    lastStamp = utf8.encode(timeField(time));
  }
  return lastStamp;
}

function headOf(event: MessagesReceived): Uint8Array {
  let head = heads.get(event.peer);
  if (head === undefined) {
    head = utf8.encode(messageHead(event));
    heads.set(event.peer, head);
  }
  return head;
}
