/**
 * The lines of many messages at once, as bytes. Most lines of a log are messages, and most messages
 * are plain text. Their bytes are copied, which costs a tenth of making strings.
 *
 * @module
 */
import type { MessagesReceived } from "../server/events.ts";
import { logfmt, MAX_TEXT_BYTES, messageHead, timeField } from "./logfmt.ts";

const SPACE = 0x20, QUOTE = 0x22, BACKSLASH = 0x5c, TILDE = 0x7e, LF = 0x0a, ZERO = 0x30;

const utf8 = new TextEncoder();
const TEXT = utf8.encode(' text="');

/** A buffer in which lines are built; callers get a copy. */
let lines = new Uint8Array(64 * 1024);
let end = 0;

/** One line for each message, exactly as `logfmt` writes it, with its end. */
export function messageLines(event: MessagesReceived): Uint8Array {
  const { time, conn, peer } = event;
  const stamp = stampOf(time);
  const head = headOf(event);
  end = 0;
  for (const payload of event.payloads()) {
    const bytes = event.count === 1 ? event.bytes : payload.length; // or only its beginning
    makeRoom(stamp.length + head.length + 10 + TEXT.length + payload.length + 2);
    if (bytes > MAX_TEXT_BYTES || !putPlain(stamp, head, payload)) {
      put(utf8.encode(logfmt({ type: "message", time, conn, peer, bytes, payload }) + "\n"));
    }
  }
  return lines.slice(0, end);
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

/** Adds a line; false, and nothing is added, when its text needs escapes. */
function putPlain(stamp: Uint8Array, head: Uint8Array, payload: Uint8Array): boolean {
  const start = end;
  lines.set(stamp, end);
  end += stamp.length;
  lines.set(head, end);
  putNumber(end + head.length, payload.length);
  lines.set(TEXT, end);
  end += TEXT.length;
  for (let i = 0; i < payload.length; i++) {
    const byte = payload[i]!;
    if (byte < SPACE || byte > TILDE || byte === QUOTE || byte === BACKSLASH) {
      end = start;
      return false;
    }
    lines[end + i] = byte;
  }
  end += payload.length;
  lines[end++] = QUOTE;
  lines[end++] = LF;
  return true;
}

function putNumber(at: number, number: number): void {
  let digits = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  end = at + digits;
  for (let i = end - 1; i >= at; i--) {
    lines[i] = ZERO + number % 10;
    number = Math.floor(number / 10);
  }
}

function put(line: Uint8Array): void {
  makeRoom(line.length);
  lines.set(line, end);
  end += line.length;
}

function makeRoom(count: number): void {
  if (end + count <= lines.length) return;
  const larger = new Uint8Array(Math.max(lines.length * 2, end + count));
  larger.set(lines.subarray(0, end));
  lines = larger;
}
