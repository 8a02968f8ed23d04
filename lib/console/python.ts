/**
 * The style of assignment 003: the output of a Python program.
 *
 * @module
 */
import { pythonRepr, safeText } from "../text/escape.ts";
import type { Style } from "./style.ts";

/** Peers as socket address tuples, messages as bytes literals. */
export const python: Style = {
  prompt: "",
  server: {
    "client-connect": ({ peer: { hostname, port } }) =>
      hostname.includes(":")
        ? `Connected by ('${safeText(hostname)}', ${port}, 0, 0)`
        : `Connected by ('${safeText(hostname)}', ${port})`,
  },
  client: {
    "notice": ({ text }) => safeText(text),
    "echoed": ({ payload }) => `Received ${pythonRepr(payload)}`,
    "broadcast": ({ payload }) => `Received ${pythonRepr(payload)}`,
    "history-message": ({ payload }) => `Received ${pythonRepr(payload)}`,
  },
};
