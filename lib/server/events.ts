/**
 * Everything that can happen at the server, in the order of a connection's life. The server emits
 * events and never prints: console styles, the log file and metrics are sinks.
 *
 * @module
 */
import type { Peer } from "../net/conn.ts";
import type { PayloadVisitor } from "../wire/codec.ts";
import type { Command } from "../wire/commands.ts";
import type { RoomEvent } from "./room_events.ts";

/**
 * Why a client's connection ended: exactly one of these, for events, log and metrics alike.
 *
 * - `quit`: the client said `quit` and was sent its history
 * - `exit`: the client said `exit`
 * - `empty`: the client sent the empty message (003)
 * - `end`: the client closed cleanly, with close_notify, between two messages
 * - `lost`: the connection was reset, or ended without close_notify
 * - `truncated`: it ended inside a frame
 * - `too-large`: a frame announced more than the limit
 * - `bad-frame`: a frame was malformed or of an unknown kind
 * - `idle-timeout`: nothing came for longer than `--idle-timeout`
 * - `slow-reader`: the client did not read its echoes, or did not keep up with a broadcast
 * - `over-limit`: long messages took all of `--max-buffered`
 * - `http`: the client sent a request of HTTP, and got its answer
 * - `shutdown`: the server stopped
 */
export type CloseReason =
  | "quit"
  | "exit"
  | "empty"
  | "end"
  | "lost"
  | "truncated"
  | "too-large"
  | "bad-frame"
  | "idle-timeout"
  | "slow-reader"
  | "over-limit"
  | "http"
  | "shutdown";

/**
 * Why a connection did not become a client.
 *
 * - `probe`: it closed before the handshake was done, or without TLS before a byte came, as a port
 *   scan and a load balancer's check do
 * - `handshake-failed`: the TLS handshake failed
 * - `handshake-timeout`: the TLS handshake took longer than `--handshake-timeout`
 * - `over-limit`: it was one more than `--max-connections` or `--max-per-address`
 * - `shutdown`: the server stopped during the handshake
 */
export type FailureReason =
  | "probe"
  | "handshake-failed"
  | "handshake-timeout"
  | "over-limit"
  | "shutdown";

/** The fields of every event of a connection. */
export interface ConnectionEvent {
  /** Milliseconds since 1970. */
  time: number;
  /** The connection's number, counted from 1 for the life of the server. */
  conn: number;
  /** The other end. */
  peer: Peer;
}

/** The server listens: from now on a client can connect. */
export interface ServerStart {
  /** Names the event. */
  type: "server-start";
  /** Milliseconds since 1970. */
  time: number;
  /** The address it is bound to: `::` is every one. */
  hostname: string;
  /** The port it is bound to. */
  port: number;
  /** The address that another computer uses. */
  advertisedAddress: string;
  /** Whether each message goes to all other clients too. */
  broadcast: boolean;
  /** Whether small echoes leave at once (TCP_NODELAY). Without that they are slower. */
  noDelay: boolean;
  /** The fingerprint of its key: `SHA256:...`. */
  fingerprint?: string;
}

/** A connection did not become a client; it has no other event. */
export interface ConnectionFailed extends ConnectionEvent {
  /** Names the event. */
  type: "connection-failed";
  /** Why. */
  reason: FailureReason;
  /** More about the reason, if there is more. */
  detail?: string;
}

/** A client is there: its handshake is done. A `client-close` follows, in the end. */
export interface ClientConnect extends ConnectionEvent {
  /** Names the event. */
  type: "client-connect";
  /** The name of its dialect: `frames`, `lines`, `raw` or `websocket`. */
  dialect: string;
}

/** One message, for what shows single ones. */
export interface MessageReceived extends ConnectionEvent {
  /** Names the event. */
  type: "message";
  /** How many bytes it has. */
  bytes: number;
  /**
   * The message, or the beginning of one longer than `EVENT_PAYLOAD_LIMIT`. A view on the read
   * buffer: it is valid until the sink returns, and a sink that keeps it makes a copy.
   */
  payload: Uint8Array;
}

/**
 * All messages of one read, as one event; their echo is on its way. A sink that needs single
 * messages uses `forEachPayload`.
 */
export interface MessagesReceived extends ConnectionEvent {
  /** Names the event. */
  type: "messages";
  /** How many there are. */
  count: number;
  /** How many bytes of payload they have. */
  bytes: number;
  /**
   * Calls `visit` with each message, in their order; of a single long message with its beginning.
   * Its bytes are valid as above.
   */
  forEachPayload(visit: PayloadVisitor): void;
}

/** A client did not keep up with the broadcast, and is told how many messages it missed. */
export interface BroadcastDropped extends ConnectionEvent {
  /** Names the event. */
  type: "broadcast-dropped";
  /** How many messages were dropped for it. */
  count: number;
}

/** A client sent a command. */
export interface CommandReceived extends ConnectionEvent {
  /** Names the event. */
  type: "command";
  /** Which one. */
  command: Command;
}

/** A request of HTTP was answered; with 101, a WebSocket begins. */
export interface HttpRequest extends ConnectionEvent {
  /** Names the event. */
  type: "http-request";
  /** Its method; empty where the request was not understood. */
  method: string;
  /** Its path and query, or the beginning of a long one. */
  target: string;
  /** The status of the answer. */
  status: number;
}

/** A client is gone, whatever the reason. */
export interface ClientClose extends ConnectionEvent {
  /** Names the event. */
  type: "client-close";
  /** Why. */
  reason: CloseReason;
  /** How many messages were echoed. */
  messages: number;
  /** How many bytes of payload they had. */
  bytes: number;
  /** More about the reason, if there is more: `7 of 12 bytes of a frame came`. */
  detail?: string;
}

/** A fault of echo itself ended one connection. The server goes on. */
export interface InternalError extends ConnectionEvent {
  /** Names the event. */
  type: "internal-error";
  /** The text of the error. */
  problem: string;
}

/** A connection was harmed on request (`--fault`). */
export interface FaultInjected extends ConnectionEvent {
  /** Names the event. */
  type: "fault-injected";
  /** The fault: `truncate`. */
  fault: string;
  /** How many bytes were sent on the connection before. */
  at: number;
}

/** Connections could not be accepted. There is one such event a second at most. */
export interface AcceptFailed {
  /** Names the event. */
  type: "accept-failed";
  /** Milliseconds since 1970. */
  time: number;
  /** The system's text, of the last attempt. */
  problem: string;
  /** How many attempts failed since the last such event. */
  count: number;
}

/** New clients get another certificate from now on (SIGHUP). */
export interface CertificateRenewed {
  /** Names the event. */
  type: "certificate-renewed";
  /** Milliseconds since 1970. */
  time: number;
  /** The fingerprint of its key: `SHA256:...`. */
  fingerprint: string;
}

/** A new certificate cannot be used. New clients still get the old one. */
export interface CertificateRejected {
  /** Names the event. */
  type: "certificate-rejected";
  /** Milliseconds since 1970. */
  time: number;
  /** The problem with it. */
  problem: string;
}

/** The certificate in use ends soon, or has ended. The event comes at the start and once a day. */
export interface CertificateExpires {
  /** Names the event. */
  type: "certificate-expires";
  /** Milliseconds since 1970. */
  time: number;
  /** The fingerprint of its key: `SHA256:...`. */
  fingerprint: string;
  /** Its end, as in `2026-11-26T18:00:00.000Z`. */
  expires: string;
}

/** Datagrams are echoed too (`--udp`). */
export interface UdpStart {
  /** Names the event. */
  type: "udp-start";
  /** Milliseconds since 1970. */
  time: number;
  /** The UDP port. It has the same number as that of TLS. */
  port: number;
}

/** A datagram came, and its echo is on its way. */
export interface DatagramReceived {
  /** Names the event. */
  type: "datagram";
  /** Milliseconds since 1970. */
  time: number;
  /** Its source. */
  peer: Peer;
  /** Its payload. A view on the read buffer: valid until the sink returns. */
  payload: Uint8Array;
}

/**
 * Why a datagram was not answered.
 *
 * - `privileged-port`: its source port is below 1024, where another service would answer the echo
 * - `own-port`: its source has the port of the server, which may be an echo service too, or itself
 * - `loop`: its source sends the same datagram again and again, as another echo service does
 * - `rate`: its source sent more than `--udp-rate`
 */
export type RejectionReason = "privileged-port" | "own-port" | "loop" | "rate";

/** Datagrams were not echoed: first one of a source, then once a second how many more. */
export interface DatagramRejected {
  /** Names the event. */
  type: "datagram-rejected";
  /** Milliseconds since 1970. */
  time: number;
  /** The source of the last of them. */
  peer: Peer;
  /** Why. */
  reason: RejectionReason;
  /** How many since the last such event. */
  count: number;
}

/** The system could not receive a datagram or send an echo. */
export interface UdpFailed {
  /** Names the event. */
  type: "udp-failed";
  /** Milliseconds since 1970. */
  time: number;
  /** The system's text. */
  problem: string;
}

/** Every client is gone and the port is free. */
export interface ServerStop {
  /** Names the event. */
  type: "server-stop";
  /** Milliseconds since 1970. */
  time: number;
  /** The port it was bound to. */
  port: number;
  /** How many connections there were. */
  connections: number;
  /** How many messages were echoed. */
  messages: number;
}

/** Everything that a sink can show, with single messages. */
export type ServerEvent =
  | ServerStart
  | ConnectionFailed
  | ClientConnect
  | MessageReceived
  | CommandReceived
  | BroadcastDropped
  | HttpRequest
  | ClientClose
  | InternalError
  | FaultInjected
  | AcceptFailed
  | (CertificateRenewed | CertificateRejected | CertificateExpires)
  | UdpStart
  | DatagramReceived
  | DatagramRejected
  | UdpFailed
  | RoomEvent
  | ServerStop;

/** Everything that the server emits: messages come many at a time. */
export type EmittedEvent = Exclude<ServerEvent, MessageReceived> | MessagesReceived;

/** A destination of events: a screen, a log, counters. */
export interface Sink {
  /** Whether it wants `messages` events. Where it does not, none are made. */
  readonly wantsMessages: boolean;
  /**
   * Takes an event. A sink that cannot take more for now returns a promise; the connection that
   * caused the event reads no further until it settles, so that nothing is lost and nothing piles up.
   */
  emit(event: EmittedEvent): void | Promise<void>;
  /** Settles when everything that it has taken is where it belongs. */
  flush(): Promise<void>;
}
