/**
 * For a server that is left running: where it is, and what goes wrong; no messages.
 *
 * @module
 */
import type { Style } from "./style.ts";
import { transcript } from "./transcript.ts";

/** For an event that is not shown; who would have to prepare it can see that before. */
export const ignored = (): null => null;

/** What `transcript` says, without the comings and goings. The client shows its data alone. */
export const quiet: Style = {
  prompt: "",
  server: {
    "server-start": transcript.server["server-start"],
    "connection-failed": ignored,
    "client-connect": ignored,
    "message": ignored,
    "command": ignored,
    "broadcast-dropped": ignored,
    "client-close": ignored,
    "accept-failed": transcript.server["accept-failed"],
    "certificate-renewed": () => null,
    "certificate-rejected": () => null,
    "certificate-expires": ignored,
    "udp-start": transcript.server["udp-start"],
    "datagram": ignored,
    "datagram-rejected": ignored,
    "udp-failed": transcript.server["udp-failed"],
    "server-stop": transcript.server["server-stop"],
  },
  client: {
    "connected": ignored,
    "notice": ignored,
    "sending": ignored,
    "echoed": ignored,
    "broadcast": ignored,
    "quitting": ignored,
    "history": ignored,
    "history-message": ignored,
    "closed": ignored,
    "retrying": ignored,
    "unanswered": ignored,
    "udp-summary": ignored,
    "failed": ignored,
  },
};
