/**
 * An event as one line of logfmt: `time=... level=info event=message conn=3 ...`.
 *
 * @module
 */
import type { ClientEvent } from "../client/events.ts";
import type { MessagesReceived, ServerEvent } from "../server/events.ts";
import { formatHostPort } from "../text/host_port.ts";
import { levelOf } from "./level.ts";
import { logfmtText, logfmtValue } from "../text/escape.ts";
import { excerpt } from "../text/excerpt.ts";

type AnyEvent = ServerEvent | ClientEvent;
type Peer = Extract<AnyEvent, { peer: unknown }>["peer"];

/**
 * The longest text in a line, in bytes of a message or characters of a notice; `bytes=` tells the
 * full length. Few tools read a line of 16 MiB, as a message can have: Go's scanner, and with it most
 * readers of logfmt, stops at 64 KiB, Loki at 256. A text stays below the first, and with each of its
 * bytes escaped to six below the second.
 */
export const MAX_TEXT_BYTES: number = 32 * 1024;

/** The end of a line whose text is only the beginning of a message. */
const TRUNCATED = " truncated=true";

/** The fields of each event after time, level and name, in the order of the event. */
const FIELDS: { [T in AnyEvent["type"]]: (event: Extract<AnyEvent, { type: T }>) => string } = {
  "server-start": ({ hostname, port, advertisedAddress, broadcast, noDelay }) =>
    ` hostname=${logfmtValue(hostname)} port=${port} advertisedAddress=${
      logfmtValue(advertisedAddress)
    } broadcast=${broadcast} noDelay=${noDelay}`,
  "connection-failed": (event) =>
    `${connectionFields(event)} reason=${event.reason}${detailField(event.detail)}`,
  "client-connect": (event) => `${connectionFields(event)} dialect=${logfmtValue(event.dialect)}`,
  "message": (event) => `${connectionFields(event)}${payloadFields(event.payload, event.bytes)}`,
  "command": (event) => `${connectionFields(event)} command=${event.command}`,
  "broadcast-dropped": (event) => `${connectionFields(event)} count=${event.count}`,
  "http-request": (event) => {
    const { method, target, status } = event;
    const request = ` method=${logfmtValue(method)} target=${logfmtValue(target)}`;
    return `${connectionFields(event)}${request} status=${status}`;
  },
  "client-close": (event) => {
    const { reason, messages, bytes, detail } = event;
    return `${connectionFields(event)} reason=${reason} messages=${messages} bytes=${bytes}${
      detailField(detail)
    }`;
  },
  "internal-error": (event) => `${connectionFields(event)} problem=${logfmtValue(event.problem)}`,
  "fault-injected": (event) => `${connectionFields(event)} fault=${event.fault} at=${event.at}`,
  "accept-failed": ({ problem, count }) => ` problem=${logfmtValue(problem)} count=${count}`,
  "certificate-renewed": ({ fingerprint }) => ` fingerprint=${logfmtValue(fingerprint)}`,
  "certificate-rejected": ({ problem }) => ` problem=${logfmtValue(problem)}`,
  "certificate-expires": ({ fingerprint, expires }) =>
    ` fingerprint=${logfmtValue(fingerprint)} expires=${logfmtValue(expires)}`,
  "udp-start": ({ port }) => ` port=${port}`,
  "datagram": ({ peer, payload }) => ` peer=${peerText(peer)}${payloadFields(payload)}`,
  "datagram-rejected": ({ peer, reason, count }) =>
    ` peer=${peerText(peer)} reason=${reason} count=${count}`,
  "udp-failed": ({ problem }) => ` problem=${logfmtValue(problem)}`,
  "room-linked": ({ room, broker }) => ` room=${logfmtValue(room)} broker=${logfmtValue(broker)}`,
  "room-cut": ({ room, reason }) => ` room=${logfmtValue(room)} reason=${logfmtValue(reason)}`,
  "room-missed": ({ count }) => ` count=${count}`,
  "room-rejected": ({ count }) => ` count=${count}`,
  "server-stop": ({ port, connections, messages }) =>
    ` port=${port} connections=${connections} messages=${messages}`,

  "connected": ({ peer }) => ` peer=${peerText(peer)}`,
  "notice": ({ text }) => noticeField(text),
  "sending": ({ payload }) => payloadFields(payload),
  "echoed": ({ payload }) => payloadFields(payload),
  "broadcast": ({ sender, payload }) => ` sender=${logfmtValue(sender)}${payloadFields(payload)}`,
  "quitting": () => "",
  "history": ({ count }) => ` count=${count}`,
  "history-message": ({ payload }) => payloadFields(payload),
  "closed": ({ messages, bytes }) => ` messages=${messages} bytes=${bytes}`,
  "client-fault": ({ fault, at }) => ` fault=${fault} at=${at}`,
  "retrying": ({ payload }) => payloadFields(payload),
  "unanswered": ({ payload }) => payloadFields(payload),
  "udp-summary": ({ sent, echoed, lost, retried, duplicated, reordered }) =>
    ` sent=${sent} echoed=${echoed} lost=${lost} retried=${retried} duplicated=${duplicated} ` +
    `reordered=${reordered}`,
  "failed": ({ problem }) => ` problem=${logfmtValue(problem)}`,
};

/** One line without its end, whatever the event holds. Values read back unambiguously. */
export function logfmt(event: ServerEvent | ClientEvent): string {
  const fields = FIELDS[event.type] as (event: AnyEvent) => string;
  return `${timeField(event.time)} level=${levelOf(event)} event=${event.type}${fields(event)}`;
}

/** The beginning of every line. */
export function timeField(time: number): string {
  return `time=${isoTime(time)}`;
}

/** The fields of a message line between its time and its size. */
export function messageHead(event: MessagesReceived): string {
  return ` level=info event=message${connectionFields(event)} bytes=`;
}

function connectionFields({ conn, peer }: { conn: number; peer: Peer }): string {
  return ` conn=${conn} peer=${peerText(peer)}`;
}

function detailField(detail: string | undefined): string {
  return detail === undefined ? "" : ` detail=${logfmtValue(detail)}`;
}

function payloadFields(payload: Uint8Array, bytes = payload.length): string {
  const { isText, bytes: shown } = excerpt(payload, bytes, MAX_TEXT_BYTES);
  if (!isText) return ` bytes=${bytes} hex=${shown.toHex()}`;
  return ` bytes=${bytes} text=${logfmtText(shown)}${shown.length < bytes ? TRUNCATED : ""}`;
}

function noticeField(text: string): string {
  if (text.length <= MAX_TEXT_BYTES) return ` text=${logfmtText(text)}`;
  const isCut = text.codePointAt(MAX_TEXT_BYTES - 1)! > 0xffff; // its second half is beyond
  return ` text=${logfmtText(text.slice(0, MAX_TEXT_BYTES - Number(isCut)))}${TRUNCATED}`;
}

// Two caches: most lines are messages, many in one millisecond and many from one peer. With the caches
// a short message costs 0.3 us instead of 1.6.
let lastTime = NaN;
let lastIsoTime = "";
const shownPeers = new WeakMap<Peer, string>();

function isoTime(time: number): string {
  if (time !== lastTime) {
    lastTime = time;
    lastIsoTime = new Date(time).toISOString();
  }
  return lastIsoTime;
}

function peerText(peer: Peer): string {
  let text = shownPeers.get(peer);
  if (text === undefined) {
    text = logfmtText(formatHostPort(peer));
    shownPeers.set(peer, text);
  }
  return text;
}
