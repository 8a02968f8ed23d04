/**
 * For programs: one JSON object per event, with its `time`, its `event`, and its own fields.
 *
 * @module
 */
import { jsonLine } from "../text/escape.ts";
import { hexEnd, textEnd } from "../text/excerpt.ts";
import { JSON_STRING } from "../text/line_buffer.ts";
import type { MessageLook } from "./messages.ts";
import type { Style } from "./style.ts";

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TEXT = utf8.encode(',"text":"');
const BASE64 = utf8.encode(',"base64":"');
const END = utf8.encode('"}');
const CUT_END = utf8.encode('","truncated":true}');

/** Each message received; `truncated` says that only its beginning is shown. */
const messages: MessageLook = (lines, { time, conn, peer }) => {
  const fields = line({ type: "message", time, conn, peer });
  const begin = utf8.encode(`${fields.slice(0, -1)},"size":`);
  return (bytes, start, end, size) => {
    lines.put(begin);
    lines.putNumber(size);
    const length = lines.length;
    lines.put(TEXT);
    let shownEnd = textEnd(bytes, start, end, size);
    if (!lines.putText(bytes, JSON_STRING, start, shownEnd)) {
      lines.cut(length);
      lines.put(BASE64);
      shownEnd = hexEnd(start, end);
      lines.putBase64(bytes, start, shownEnd);
    }
    lines.put(shownEnd - start < size ? CUT_END : END);
  };
};

/** Every event; the order of the fields is that of the event. */
export const json: Style = {
  prompt: "",
  messages,
  server: { otherwise: line },
  client: { otherwise: line },
};

function line<E extends { type: string; time: number }>({ type, time, ...rest }: E): string {
  const fields: Record<string, unknown> = { time: new Date(time).toISOString(), event: type };
  for (const [name, value] of Object.entries(rest)) {
    if (value instanceof Uint8Array) {
      fields.size ??= value.length;
      Object.assign(fields, shown(value));
    } else fields[name] = value;
  }
  return jsonLine(fields);
}

/** A message as text, or as base64 where it is not UTF-8, so that nothing is lost. */
function shown(payload: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: strict.decode(payload) };
  } catch {
    return { base64: payload.toBase64() };
  }
}
