/**
 * The style of assignment 001.
 *
 * @module
 */
import { safeText } from "../text/escape.ts";
import { textLook } from "./messages.ts";
import type { Style } from "./style.ts";

/** Starts, stops and echoes with their local time; the client shows messages as they are. */
export const banner: Style = {
  prompt: "",
  messages: textLook(({ time }) => `[${clock(time)}] Echoed: '`, "'"),
  server: {
    "server-start": ({ time, port }) => `--- Starting server on port ${port} at ${clock(time)} ---`,
    "datagram": ({ time, payload }) => `[${clock(time)}] Echoed: '${safeText(payload)}'`,
    "server-stop": ({ time, port }) => `--- Stopping server on port ${port} at ${clock(time)} ---`,
  },
  client: {
    "notice": ({ text }) => safeText(text),
    "echoed": ({ payload }) => safeText(payload),
    "broadcast": ({ sender, payload }) => `${safeText(sender)}: ${safeText(payload)}`,
    "history-message": ({ payload }) => safeText(payload),
  },
};

/** Local time as in 001: `12:43:08 29/01/2018`. */
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
