/**
 * The style of assignment 002, and the default.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { CloseReason, FailureReason, RejectionReason } from "../server/events.ts";
import { formatHostPort } from "../text/host_port.ts";
import { safeText } from "../text/escape.ts";
import { textLook } from "./messages.ts";
import type { AllLines, SingleEvent, Style } from "./style.ts";

/** The text for each way to close. After `quit` there is none: 002 shows that before. */
const CLOSE_TEXT: Record<CloseReason, string | null> = {
  "quit": null,
  "exit": "has left",
  "empty": "has left with an empty message",
  "end": "has left",
  "lost": "was lost",
  "truncated": "has left in the middle of a message",
  "too-large": "was closed: its message is too large",
  "bad-frame": "was closed: it does not keep to the protocol",
  "idle-timeout": "was closed: it said nothing for too long",
  "slow-reader": "was closed: it does not take its echoes",
  "over-limit": "was closed: long messages fill the memory",
  "http": "was answered by HTTP",
  "shutdown": "was told goodbye",
};

/** The text for a connection that did not become a client. A probe has none. */
const FAILURE_TEXT: Record<FailureReason, string | null> = {
  "probe": null,
  "handshake-failed": "could not connect",
  "handshake-timeout": "could not connect",
  "over-limit": "was turned away: there are too many",
  "shutdown": null,
};

/** Why datagrams were not answered. */
const REJECTION_TEXT: Record<RejectionReason, string> = {
  "privileged-port": "its port is below 1024",
  "own-port": "it is from an echo service, or from this one",
  "loop": "it is the same one again and again, as from an echo service",
  "rate": "there are too many",
};

/** Conversations as in 002, and what it leaves out: echoes, broadcasts, and how clients left. */
export const transcript = {
  prompt: "enter a message to send to server: ",
  messages: textLook(() => 'server received message: "', '"'),
  server: {
    "server-start": ({ advertisedAddress, port }) =>
      `server is at address: ${advertisedAddress}\nserver is using port: ${port}`,
    "connection-failed": ({ peer, reason, detail }) =>
      closeLine(peer, FAILURE_TEXT[reason], detail),
    "client-connect": ({ peer }) => `server connected to client at address: ${peer.hostname}`,
    "command": ({ command }) =>
      command === "quit" ? "the client had informed the server that it is quitting" : null,
    "http-request": () => null,
    "broadcast-dropped": ({ peer, count }) =>
      `client at address: ${formatHostPort(peer)} was too slow and missed ${count} ${
        count === 1 ? "message" : "messages"
      }`,
    "client-close": ({ peer, reason, detail }) => closeLine(peer, CLOSE_TEXT[reason], detail),
    "internal-error": ({ peer, problem }) =>
      `client at address: ${formatHostPort(peer)} was lost to a fault in echo: ${
        safeText(problem)
      }`,
    "fault-injected": ({ peer, fault, at }) =>
      `server harms client at address: ${formatHostPort(peer)}: ${
        safeText(fault)
      } after ${at} bytes`,
    "accept-failed": ({ problem }) => `server cannot accept a client: ${safeText(problem)}`,
    "certificate-renewed": () => null,
    "certificate-rejected": () => null,
    "certificate-expires": ({ expires }) =>
      `server's certificate ends on ${safeText(expires.slice(0, 10))}`,
    "udp-start": ({ port }) => `server echoes datagrams on UDP port: ${port}`,
    "datagram": ({ peer, payload }) =>
      `server received datagram from ${formatHostPort(peer)}: "${safeText(payload)}"`,
    "datagram-rejected": ({ peer, reason, count }) => {
      const datagrams = count === 1 ? "a datagram" : `${count} datagrams`;
      return `server did not answer ${datagrams} from ${formatHostPort(peer)}: ${
        REJECTION_TEXT[reason]
      }`;
    },
    "udp-failed": ({ problem }) => `server cannot answer a datagram: ${safeText(problem)}`,
    "room-linked": ({ room, broker }) =>
      `server shares room ${safeText(room)} at ${safeText(broker)}`,
    "room-cut": ({ room, reason }) =>
      `server is cut off from room ${safeText(room)}: ${safeText(reason)}`,
    "room-missed": ({ count }) => `server missed ${count} messages of other servers`,
    "room-rejected": () => null, // the log has it
    "server-stop": () => null, // 002's server ends without a word; the log has it
  } satisfies AllLines<SingleEvent>,
  client: {
    "connected": () => "client had connected to the server!",
    "notice": ({ text }) => `server says: ${safeText(text)}`,
    "sending": ({ payload }) => `client sending message: "${safeText(payload)}"`,
    "echoed": ({ payload }) => `server echoed: "${safeText(payload)}"`,
    "broadcast": ({ sender, payload }) => `${safeText(sender)} says: "${safeText(payload)}"`,
    "quitting": () => "client informing server that it is quitting.",
    "history": () => "client received message log.",
    "history-message": ({ payload }) => safeText(payload),
    "closed": () => null,
    "client-fault": ({ fault, at }) => `client harms what it sends: ${fault} after ${at} bytes`,
    "retrying": ({ payload }) => `client sending again: "${safeText(payload)}"`,
    "unanswered": ({ payload }) => `server did not echo: "${safeText(payload)}"`,
    "udp-summary": () => null,
    "failed": () => null,
  } satisfies AllLines<ClientEvent>,
} satisfies Style;

function closeLine(
  peer: { hostname: string; port: number },
  text: string | null,
  detail: string | undefined,
): string | null {
  const more = detail === undefined ? "" : ` (${safeText(detail)})`;
  return text && `client at address: ${formatHostPort(peer)} ${text}${more}`;
}
