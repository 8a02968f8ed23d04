/**
 * How much each event matters.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { CloseReason, EmittedEvent, FailureReason, ServerEvent } from "../server/events.ts";

/** From what only a search needs to what stopped the work. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of them. */
export type Level = typeof LEVELS[number];

/** An event of either side. */
export type AnyEvent = ServerEvent | EmittedEvent | ClientEvent;

/** A connection that was not ended by its client as agreed is worth a look. */
const CLOSE_LEVELS: Record<CloseReason, Level> = {
  "quit": "info",
  "exit": "info",
  "empty": "info",
  "end": "info",
  "lost": "warn",
  "truncated": "warn",
  "too-large": "warn",
  "bad-frame": "warn",
  "idle-timeout": "warn",
  "slow-reader": "warn",
  "over-limit": "warn",
  "http": "info",
  "shutdown": "info",
};

/** Port scans and health checks come by the thousand, and nothing is wrong with them. */
const FAILURE_LEVELS: Record<FailureReason, Level> = {
  "probe": "debug",
  "handshake-failed": "warn",
  "handshake-timeout": "warn",
  "over-limit": "warn",
  "shutdown": "info",
};

const WARNINGS: readonly AnyEvent["type"][] = [
  "accept-failed",
  "broadcast-dropped",
  "client-fault",
  "certificate-expires",
  "certificate-rejected",
  "datagram-rejected",
  "fault-injected",
  "room-cut",
  "room-missed",
  "room-rejected",
  "udp-failed",
  "retrying",
  "unanswered",
];

const ERRORS: readonly AnyEvent["type"][] = ["failed", "internal-error"];

/** The level of an event. */
export function levelOf(event: AnyEvent): Level {
  if (event.type === "client-close") return CLOSE_LEVELS[event.reason];
  if (event.type === "connection-failed") return FAILURE_LEVELS[event.reason];
  if (WARNINGS.includes(event.type)) return "warn";
  return ERRORS.includes(event.type) ? "error" : "info";
}

/** Whether `level` matters as much as `lowest`, or more. */
export function isAtLeast(level: Level, lowest: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(lowest);
}
