/**
 * The style of assignment 004.
 *
 * @module
 */
import { safeText } from "../text/escape.ts";
import { messageText } from "./message_text.ts";
import type { Style } from "./style.ts";

/** Steps with a plus in front, messages as they are, the welcome between blank lines. */
export const plus: Style = {
  prompt: "",
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
    "connection-failed": () => null,
    "client-connect": ({ peer }) =>
      `[+] Connection established | IP ${safeText(peer.hostname)} Port ${peer.port}`,
    "message": (event) => messageText(event),
    "command": () => null,
    "broadcast-dropped": () => null,
    "client-close": () => null,
    "accept-failed": () => null,
    "certificate-renewed": () => null,
    "certificate-rejected": () => null,
    "certificate-expires": () => null,
    "udp-start": () => null,
    "datagram": ({ payload }) => safeText(payload),
    "datagram-rejected": () => null,
    "udp-failed": () => null,
    "server-stop": () => null,
  },
  client: {
    "connected": () => null,
    "notice": ({ text }) => `\n\n${safeText(text)}\n\n`,
    "sending": () => null,
    "echoed": ({ payload }) => safeText(payload),
    "broadcast": ({ payload }) => safeText(payload),
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
