/**
 * The style of assignment 004.
 *
 * @module
 */
import { safeText } from "../text/escape.ts";
import { textLook } from "./messages.ts";
import type { Style } from "./style.ts";

/** Steps begin with a plus, messages stay as they are, blank lines surround the welcome. */
export const plus: Style = {
  prompt: "",
  messages: textLook(() => "", ""),
  server: {
    "server-start": ({ port, broadcast }) =>
      [
        `[+] Open port ${port}`,
        `[+] Broadcast option: ${broadcast ? "True" : "False"}`,
        "",
        "[+] Created socket",
        `[+] Binding socket to port: ${port}`,
        "",
      ].join("\n"),
    "client-connect": ({ peer }) =>
      `[+] Connection established | IP ${safeText(peer.hostname)} Port ${peer.port}`,
    "datagram": ({ payload }) => safeText(payload),
  },
  client: {
    "notice": ({ text }) => `\n\n${safeText(text)}\n\n`,
    "echoed": ({ payload }) => safeText(payload),
    "broadcast": ({ payload }) => safeText(payload),
    "history-message": ({ payload }) => safeText(payload),
  },
};
