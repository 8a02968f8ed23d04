/**
 * What the primary and its worker threads send each other.
 *
 * @module
 */
import type { Credentials } from "../net/listen.ts";
import type { BroadcastAck, LinkedBroadcast } from "./broadcast_link.ts";
import type { EmittedEvent, MessagesReceived } from "./events.ts";
import type { Rejection } from "./limits.ts";
import type { Report } from "./meter.ts";
import type { ServerOptions } from "./options.ts";

/** An event that can be copied to another thread: payloads are copies, and no function. */
export type ForwardedEvent =
  | Exclude<EmittedEvent, MessagesReceived>
  | Omit<MessagesReceived, "forEachPayload"> & { payloads: Uint8Array[] };

/** What a worker is sent. */
export type ToWorker =
  /** Serves with `options` as number `index` (from 0) of `count`. */
  | {
    type: "serve";
    options: ServerOptions;
    index: number;
    count: number;
    wantsMessages: boolean;
    /** Whether it counts for `--admin`. */
    isMetered: boolean;
    /** The memory of `FirstClient`. */
    first: SharedArrayBuffer;
  }
  /** A broadcast of another worker, and the answer to one of its own. */
  | LinkedBroadcast
  | BroadcastAck
  /** New connections get another certificate. */
  | { type: "renew"; tls: Credentials }
  /** Whether connection `id` may stay. */
  | { type: "admission"; id: number; rejection: Rejection | null }
  /** So many bytes of its events have been taken. */
  | { type: "ack"; bytes: number }
  /** So many messages of other servers did not come, and a text for all clients of the room. */
  | { type: "room-missed"; count: number }
  | { type: "notice"; text: string }
  /** Answers with a report. */
  | { type: "measure" }
  /** Stops, as a server does. */
  | { type: "stop" };

/** What the primary is sent. */
export type ToPrimary =
  /** What happened, and how many bytes of what may be unacknowledged it is. */
  | { type: "events"; events: ForwardedEvent[]; bytes: number }
  /** Connection `id` has come, or has gone: only the primary can count all. */
  | { type: "acquire"; id: number; address: string }
  | { type: "release"; id: number }
  /** It uses a certificate that came with `renew`, or has this problem with it. */
  | { type: "renewed"; problem: string | null }
  /** What it has counted. */
  | { type: "report"; report: Report }
  /** A broadcast of a client of this worker, and the answer to one of another's. */
  | LinkedBroadcast
  | BroadcastAck;

/** One end of the way between the primary and a worker; a `Worker` and its `self` satisfy it. */
export interface MessageEndpoint<Out, In> {
  /** Sends a copy. */
  postMessage(message: Out): void;
  /** Called with each message from the other end. */
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

/** Sends several workers the same. */
export function postToAll(
  workers: MessageEndpoint<ToWorker, ToPrimary>[],
  message: ToWorker,
): void {
  for (const worker of workers) worker.postMessage(message);
}
