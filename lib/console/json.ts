/**
 * For programs: one JSON object per event, with its `time`, its `event`, and its own fields.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { MessageReceived, ServerEvent } from "../server/events.ts";
import { jsonLine } from "../text/escape.ts";
import type { Lines, Style } from "./style.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Every event; the order of the fields is the events' own. */
export const json: Style = {
  prompt: "",
  server: {
    "server-start": line,
    "connection-failed": line,
    "client-connect": line,
    "message": message,
    "command": line,
    "broadcast-dropped": line,
    "client-close": line,
    "accept-failed": line,
    "certificate-renewed": line,
    "certificate-rejected": line,
    "certificate-expires": line,
    "udp-start": line,
    "datagram": line,
    "datagram-rejected": line,
    "udp-failed": line,
    "server-stop": line,
  } satisfies Lines<ServerEvent>,
  client: {
    "connected": line,
    "notice": line,
    "sending": line,
    "echoed": line,
    "broadcast": line,
    "quitting": line,
    "history": line,
    "history-message": line,
    "closed": line,
    "retrying": line,
    "unanswered": line,
    "udp-summary": line,
    "failed": line,
  } satisfies Lines<ClientEvent>,
};

/** A message of which only the beginning is shown says so. */
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

/** A message as text, or, where it is none, so that nothing is lost. */
function shown(payload: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: utf8.decode(payload) };
  } catch {
    return { base64: payload.toBase64() };
  }
}
