/**
 * One event of each kind, so that every look can be shown all of them.
 *
 * @module
 */
import type { ClientEvent } from "../../lib/client/events.ts";
import type { ServerEvent } from "../../lib/server/events.ts";

const time = Date.UTC(2026, 10, 21, 2, 20, 10, 915);
const peer = { hostname: "::1", port: 50512 };
const server = { hostname: "127.0.0.1", port: 12345 };
const payload = new TextEncoder().encode("hello");

/** What happens at the server while one client sends `hello` and `quit`, and then some. */
export const serverEvents: { [T in ServerEvent["type"]]: Extract<ServerEvent, { type: T }> } = {
  "server-start": {
    type: "server-start",
    time,
    hostname: "::",
    port: 12345,
    advertisedAddress: "192.168.1.3",
    broadcast: false,
    noDelay: true,
  },
  "connection-failed": {
    type: "connection-failed",
    time,
    conn: 2,
    peer,
    reason: "handshake-timeout",
    detail: "not done within 10 s",
  },
  "client-connect": { type: "client-connect", time, conn: 3, peer, dialect: "frames" },
  "message": { type: "message", time, conn: 3, peer, bytes: 5, payload },
  "command": { type: "command", time, conn: 3, peer, command: "quit" },
  "broadcast-dropped": { type: "broadcast-dropped", time, conn: 3, peer, count: 7 },
  "http-request": {
    type: "http-request",
    time,
    conn: 7,
    peer,
    method: "GET",
    target: "/echo?raw",
    status: 200,
  },
  "client-close": {
    type: "client-close",
    time,
    conn: 3,
    peer,
    reason: "truncated",
    messages: 1,
    bytes: 5,
    detail: "7 of 12 bytes of a frame came",
  },
  "internal-error": { type: "internal-error", time, conn: 3, peer, problem: "it is broken" },
  "fault-injected": { type: "fault-injected", time, conn: 3, peer, fault: "truncate", at: 5 },
  "accept-failed": {
    type: "accept-failed",
    time,
    problem: "Too many open files (os error 24)",
    count: 3,
  },
  "certificate-renewed": {
    type: "certificate-renewed",
    time,
    fingerprint: `SHA256:${"x".repeat(43)}`,
  },
  "certificate-rejected": { type: "certificate-rejected", time, problem: "it has expired" },
  "certificate-expires": {
    type: "certificate-expires",
    time,
    fingerprint: `SHA256:${"x".repeat(43)}`,
    expires: "2026-11-22T02:20:10.915Z",
  },
  "udp-start": { type: "udp-start", time, port: 12345 },
  "datagram": { type: "datagram", time, peer, payload },
  "datagram-rejected": { type: "datagram-rejected", time, peer, reason: "rate", count: 7 },
  "udp-failed": { type: "udp-failed", time, problem: "Network is unreachable (os error 101)" },
  "room-linked": { type: "room-linked", time, room: "try", broker: "127.0.0.1:4222" },
  "room-cut": { type: "room-cut", time, room: "try", reason: "connection refused" },
  "room-missed": { type: "room-missed", time, count: 3 },
  "room-rejected": { type: "room-rejected", time, count: 2 },
  "server-stop": { type: "server-stop", time, port: 12345, connections: 3, messages: 1 },
};

/** What happens at that client, and then some. */
export const clientEvents: { [T in ClientEvent["type"]]: Extract<ClientEvent, { type: T }> } = {
  "client-fault": { type: "client-fault", time, fault: "truncate", at: 5 },
  "connected": { type: "connected", time, peer: server },
  "notice": { type: "notice", time, text: "Welcome to my server" },
  "sending": { type: "sending", time, payload },
  "echoed": { type: "echoed", time, payload },
  "broadcast": { type: "broadcast", time, sender: "[::1]:50514", payload },
  "quitting": { type: "quitting", time },
  "history": { type: "history", time, count: 1 },
  "history-message": { type: "history-message", time, payload },
  "closed": { type: "closed", time, messages: 1, bytes: 5 },
  "retrying": { type: "retrying", time, payload },
  "unanswered": { type: "unanswered", time, payload },
  "udp-summary": {
    type: "udp-summary",
    time,
    sent: 4,
    echoed: 3,
    lost: 1,
    retried: 5,
    duplicated: 1,
    reordered: 1,
  },
  "failed": {
    type: "failed",
    time,
    problem: 'lost the connection to "127.0.0.1" port 12345: the server left in the middle',
  },
};
