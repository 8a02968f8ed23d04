/**
 * Everything that can happen at the client, in the order of a connection's life.
 * The client emits these and never prints.
 *
 * @module
 */
import type { Peer } from "../net/conn.ts";

/** The connection stands. */
export interface Connected {
  /** Names the event. */
  type: "connected";
  /** Milliseconds since 1970. */
  time: number;
  /** The server's end. */
  peer: Peer;
}

/** The server has something to say to people: a welcome, or that it is shutting down. */
export interface Notice {
  /** Names the event. */
  type: "notice";
  /** Milliseconds since 1970. */
  time: number;
  /** What it says. */
  text: string;
}

/** A message is on its way to the server. */
export interface Sending {
  /** Names the event. */
  type: "sending";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** A message of ours came back. */
export interface Echoed {
  /** Names the event. */
  type: "echoed";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** Somebody else's message (server option `-b`). */
export interface Broadcast {
  /** Names the event. */
  type: "broadcast";
  /** Milliseconds since 1970. */
  time: number;
  /** Who sent it, as the server shows it: `[::1]:50514`. */
  sender: string;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** The client says `quit` and waits for its messages. */
export interface Quitting {
  /** Names the event. */
  type: "quitting";
  /** Milliseconds since 1970. */
  time: number;
}

/** The server has begun to send all prior messages (002). */
export interface History {
  /** Names the event. */
  type: "history";
  /** Milliseconds since 1970. */
  time: number;
  /** How many follow, each as a `history-message`. */
  count: number;
}

/** One of the prior messages. */
export interface HistoryMessage {
  /** Names the event. */
  type: "history-message";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/** The connection is over, as both sides wanted. */
export interface Closed {
  /** Names the event. */
  type: "closed";
  /** Milliseconds since 1970. */
  time: number;
  /** How many messages came back. */
  messages: number;
  /** How many bytes of payload they had. */
  bytes: number;
}

/** The connection is over and should not be; the failure that is thrown says the same. */
export interface Failed {
  /** Names the event. */
  type: "failed";
  /** Milliseconds since 1970. */
  time: number;
  /** What was being done and what went wrong. */
  problem: string;
}

/** No echo of a datagram came in time, and it is sent again. */
export interface Retrying {
  /** Names the event. */
  type: "retrying";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** No echo of a datagram came after all tries. */
export interface Unanswered {
  /** Names the event. */
  type: "unanswered";
  /** Milliseconds since 1970. */
  time: number;
  /** The message. */
  payload: Uint8Array;
}

/** What became of all datagrams. */
export interface Counts {
  /** Messages that were sent. */
  sent: number;
  /** Those that came back. */
  echoed: number;
  /** Those that did not, after all tries. */
  lost: number;
  /** How often one was sent again. */
  retried: number;
  /** Echoes that came more than once. */
  duplicated: number;
  /** Echoes that came after that of a message that was sent later. */
  reordered: number;
}

/** The last datagram has come back, or has not. */
export interface UdpSummary extends Counts {
  /** Names the event. */
  type: "udp-summary";
  /** Milliseconds since 1970. */
  time: number;
}

/** What the client has to tell. */
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
  | Failed;

/** Takes an event; returns a promise while it cannot take more, and the client waits for it. */
export type Emit = (event: ClientEvent) => void | Promise<void>;
