/**
 * For programs: one JSON object per event, with its `time`, its `event`, and its own fields.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { ServerEvent } from "../server/events.ts";
import { jsonLine } from "../text/escape.ts";
import type { Lines, Style } from "./style.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Every event; the order of the fields is the events' own. */
export const json: Style = {
  prompt: "",
  server: {
    "server-start": line,
    "client-connect": line,
    "message": line,
    "command": line,
    "client-close": line,
    "accept-failed": line,
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
    "failed": line,
  } satisfies Lines<ClientEvent>,
};

function line({ type, time, ...rest }: ServerEvent | ClientEvent): string {
  const fields: Record<string, unknown> = { time: new Date(time).toISOString(), event: type };
  for (const [name, value] of Object.entries(rest)) {
    if (value instanceof Uint8Array) Object.assign(fields, { size: value.length }, shown(value));
    else fields[name] = value;
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
