/**
 * The style of assignment 001.
 *
 * @module
 */
import { safeText } from "../text/escape.ts";
import { messageText } from "./message_text.ts";
import type { Style } from "./style.ts";

/** Starts, stops and echoes with their local time; the client shows what comes, as it is. */
export const banner: Style = {
  prompt: "",
  server: {
    "server-start": ({ time, port }) => `--- Starting server on port ${port} at ${clock(time)} ---`,
    "connection-failed": () => null,
    "client-connect": () => null,
    "message": (event) => `[${clock(event.time)}] Echoed: '${messageText(event)}'`,
    "command": () => null,
    "broadcast-dropped": () => null,
    "client-close": () => null,
    "accept-failed": () => null,
    "certificate-renewed": () => null,
    "certificate-rejected": () => null,
    "certificate-expires": () => null,
    "udp-start": () => null,
    "datagram": ({ time, payload }) => `[${clock(time)}] Echoed: '${safeText(payload)}'`,
    "datagram-rejected": () => null,
    "udp-failed": () => null,
    "server-stop": ({ time, port }) => `--- Stopping server on port ${port} at ${clock(time)} ---`,
  },
  client: {
    "connected": () => null,
    "notice": ({ text }) => safeText(text),
    "sending": () => null,
    "echoed": ({ payload }) => safeText(payload),
    "broadcast": ({ sender, payload }) => `${safeText(sender)}: ${safeText(payload)}`,
    "quitting": () => null,
    "history": () => null,
    "history-message": ({ payload }) => safeText(payload),
    "closed": () => null,
    "retrying": () => null,
    "unanswered": () => null,
    "udp-summary": () => null,
    "failed": () => null,
  },
};

/** Local time as 001 writes it: `12:43:08 29/01/2018`. */
function clock(time: number): string {
  const date = new Date(time);
  const [hours, minutes, seconds, day, month] = [
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
    date.getDate(),
    date.getMonth() + 1,
  ].map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${seconds} ${day}/${month}/${date.getFullYear()}`;
}
