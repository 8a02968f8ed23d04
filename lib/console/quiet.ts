/**
 * For a server that is left running: its address, and what goes wrong; no messages.
 *
 * @module
 */
import type { Style } from "./style.ts";
import { transcript } from "./transcript.ts";

/** As `transcript`, without clients and messages. The client shows nothing. */
export const quiet: Style = {
  prompt: "",
  server: {
    "server-start": transcript.server["server-start"],
    "internal-error": transcript.server["internal-error"],
    "fault-injected": transcript.server["fault-injected"],
    "accept-failed": transcript.server["accept-failed"],
    "udp-start": transcript.server["udp-start"],
    "udp-failed": transcript.server["udp-failed"],
  },
  client: {},
};
