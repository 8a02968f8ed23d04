/**
 * For a server that is left running: where it is, and what goes wrong; no messages.
 *
 * @module
 */
import type { Style } from "./style.ts";
import { transcript } from "./transcript.ts";

/** For an event that is not shown; who would have to prepare it can see that before. */
export const hidden = (): null => null;

/** What `transcript` says, without the comings and goings. The client shows its data alone. */
export const quiet: Style = {
  prompt: "",
  server: {
    "server-start": transcript.server["server-start"],
    "client-connect": hidden,
    "message": hidden,
    "command": hidden,
    "client-close": hidden,
    "accept-failed": transcript.server["accept-failed"],
    "certificate-renewed": () => null,
    "certificate-refused": () => null,
    "udp-start": transcript.server["udp-start"],
    "datagram": hidden,
    "datagram-refused": hidden,
    "udp-failed": transcript.server["udp-failed"],
    "server-stop": transcript.server["server-stop"],
  },
  client: {
    "connected": hidden,
    "notice": hidden,
    "sending": hidden,
    "echoed": hidden,
    "broadcast": hidden,
    "quitting": hidden,
    "history": hidden,
    "history-message": hidden,
    "closed": hidden,
    "resending": hidden,
    "unanswered": hidden,
    "tally": hidden,
    "failed": hidden,
  },
};
