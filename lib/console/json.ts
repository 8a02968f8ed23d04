/**
 * For programs: one JSON object per event, with its `time`, its `event`, and its own fields.
 *
 * @module
 */
import type { MessageReceived } from "../server/events.ts";
import { jsonLine } from "../text/escape.ts";
import type { Style } from "./style.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Every event; the order of the fields is that of the event. */
export const json: Style = {
  prompt: "",
  server: { message, otherwise: line },
  client: { otherwise: line },
};

/** A message of which only the beginning is shown has `truncated`. */
function message({ bytes, ...event }: MessageReceived): string {
  const cut = event.payload.length < bytes ? { truncated: true } : {};
  const { payload, ...rest } = event;
  return line({ ...rest, size: bytes, payload, ...cut });
}

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
    return { text: utf8.decode(payload) };
  } catch {
    return { base64: payload.toBase64() };
  }
}
