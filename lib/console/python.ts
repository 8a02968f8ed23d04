/**
 * The style of assignment 003: what a Python program would print.
 *
 * @module
 */
import { pythonRepr, safeText } from "../text/escape.ts";
import type { Style } from "./style.ts";

/** Peers as socket address tuples, messages as bytes literals. */
export const python: Style = {
  prompt: "",
  server: {
    "server-start": () => null,
    "connection-failed": () => null,
    "client-connect": ({ peer: { hostname, port } }) =>
      hostname.includes(":")
        ? `Connected by ('${safeText(hostname)}', ${port}, 0, 0)`
        : `Connected by ('${safeText(hostname)}', ${port})`,
    "message": () => null,
    "command": () => null,
    "broadcast-dropped": () => null,
    "client-close": () => null,
    "accept-failed": () => null,
    "certificate-renewed": () => null,
    "certificate-rejected": () => null,
    "certificate-expires": () => null,
    "udp-start": () => null,
    "datagram": () => null,
    "datagram-rejected": () => null,
    "udp-failed": () => null,
    "server-stop": () => null,
  },
  client: {
    "connected": () => null,
    "notice": ({ text }) => safeText(text),
    "sending": () => null,
    "echoed": ({ payload }) => `Received ${pythonRepr(payload)}`,
    "broadcast": ({ payload }) => `Received ${pythonRepr(payload)}`,
    "quitting": () => null,
    "history": () => null,
    "history-message": ({ payload }) => `Received ${pythonRepr(payload)}`,
    "closed": () => null,
    "retrying": () => null,
    "unanswered": () => null,
    "udp-summary": () => null,
    "failed": () => null,
  },
};
