/**
 * The lines of many messages at once, as bytes. Most lines of a log are messages. Their bytes are
 * copied, which costs a fraction of making strings.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { beginningOf, firstBytes } from "../text/excerpt.ts";
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
  const begin = lines.length;
  let end = begin;
  for (const payload of event.payloads()) {
    if (end === begin) {
      lines.put(stampOf(event.time));
      lines.put(headOf(event));
      end = lines.length;
    } else {
      lines.repeat(begin, end);
    }
    const bytes = event.count === 1 ? event.bytes : payload.length; // or only its beginning
    lines.putNumber(bytes);
    const size = lines.length;
    lines.put(TEXT);
    const text = beginningOf(payload, bytes, MAX_TEXT_BYTES);
    if (lines.putText(text, JSON_STRING)) {
      lines.put(text.length < bytes ? CUT_TEXT_END : TEXT_END);
    } else {
      lines.cut(size);
      lines.put(HEX);
      lines.putHex(firstBytes(payload));
      lines.put(LINE_END);
    }
  }
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
