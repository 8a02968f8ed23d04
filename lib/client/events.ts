/**
 * Every event of the client, in the order of a connection's life. The client emits events and never
 * prints.
 *
 * @module
 */
import type { Peer } from "../net/conn.ts";

/** The connection is established. */
export interface Connected {
  /** Names the event. */
  type: "connected";
  /** Milliseconds since 1970. */
  time: number;
  /** The server's address. */
  peer: Peer;
}

/** The server sends a text for people: a welcome, or that it is shutting down. */
export interface Notice {
  /** Names the event. */
  type: "notice";
  /** Milliseconds since 1970. */
  time: number;
  /** The text of the server. */
  text: string;
}

/** The client sends a message. */
export interface Sending {
  /** Names the event. */
  type: "sending";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** The echo of a message has arrived. */
export interface Echoed {
  /** Names the event. */
  type: "echoed";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** The server relays a message of another client (server option `-b`). */
export interface Broadcast {
  /** Names the event. */
  type: "broadcast";
  /** Milliseconds since 1970. */
  time: number;
  /** The sender's address as the server shows it: `[::1]:50514`. */
  sender: string;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** The client sends `quit` and waits for the history. */
export interface Quitting {
  /** Names the event. */
  type: "quitting";
  /** Milliseconds since 1970. */
  time: number;
}

/** The server starts to send the history: all earlier messages (002). */
export interface History {
  /** Names the event. */
  type: "history";
  /** Milliseconds since 1970. */
  time: number;
  /** The number of `history-message` events that follow. */
  count: number;
}

/** One message of the history. */
export interface HistoryMessage {
  /** Names the event. */
  type: "history-message";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** Both sides have closed the connection cleanly. */
export interface Closed {
  /** Names the event. */
  type: "closed";
  /** Milliseconds since 1970. */
  time: number;
  /** The number of echoes. */
  messages: number;
  /** The payload bytes of all echoes. */
  bytes: number;
}

/** The connection has failed. The client also throws a `Failure` with the same text. */
export interface Failed {
  /** Names the event. */
  type: "failed";
  /** Milliseconds since 1970. */
  time: number;
  /** The action that failed, and the reason. */
  problem: string;
}

/** The echo of a datagram did not arrive in time. The client sends the datagram again. */
export interface Retrying {
  /** Names the event. */
  type: "retrying";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** The echo of a datagram did not arrive after all tries. The message counts as lost. */
export interface Unanswered {
  /** Names the event. */
  type: "unanswered";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** The outcome of all datagrams. */
export interface Counts {
  /** The number of messages sent. */
  sent: number;
  /** The number of messages with an echo. */
  echoed: number;
  /** The number of messages without an echo after all tries. */
  lost: number;
  /** The number of retries, of all messages together. */
  retried: number;
  /** The number of repeated echoes. */
  duplicated: number;
  /** The number of echoes that arrived after the echo of a later message. */
  reordered: number;
}

/** The client has finished with all datagrams. */
export interface UdpSummary extends Counts {
  /** Names the event. */
  type: "udp-summary";
  /** Milliseconds since 1970. */
  time: number;
}

/** The client has harmed what it sends, on request (`--fault`). */
export interface ClientFault {
  /** Names the event. */
  type: "client-fault";
  /** Milliseconds since 1970. */
  time: number;
  /** The fault: `truncate`. */
  fault: string;
  /** How many bytes were sent before. */
  at: number;
}

/** Any event of the client. */
export type ClientEvent =
  | Connected
  | Notice
  | Sending
  | Echoed
  | Broadcast
  | Quitting
  | History
  | HistoryMessage
  | Closed
  | Retrying
  | Unanswered
  | UdpSummary
  | ClientFault
  | Failed;

/**
 * Receives an event. A sink that cannot take more returns a promise, and the client waits for the
 * promise.
 */
export type Emit = (event: ClientEvent) => void | Promise<void>;
