/**
 * The first answer of a server to a ClientHello: its first record, and no more.
 *
 * @module
 */
import { quoted } from "../../client/diagnosis.ts";
import { equals } from "../../std.ts";

/** What came back. */
export type Answer =
  | { kind: "hello"; version: number }
  | { kind: "alert"; number: number }
  | { kind: "echo" }
  | { kind: "other"; bytes: Uint8Array }
  | { kind: "end" }
  | { kind: "nothing" };

/** The header of a record: its type, version and length, in bytes. */
export const RECORD_HEADER_BYTES = 5;

const ALERT = 21, HANDSHAKE = 22;
const SERVER_HELLO = 2;
const SUPPORTED_VERSIONS = 43;
/** Where a ServerHello has its version, and the length of its session's id. */
const VERSION_AT = RECORD_HEADER_BYTES + 4, SESSION_AT = VERSION_AT + 2 + 32;

/** The names of versions (RFC 8446, 4.1.2). */
const VERSIONS: Record<number, string> = {
  0x0304: "TLS 1.3",
  0x0303: "TLS 1.2",
  0x0302: "TLS 1.1",
  0x0301: "TLS 1.0",
  0x0300: "SSL 3",
};

/** The alerts that answer a ClientHello (RFC 8446, 6.2). */
const ALERTS: Record<number, string> = {
  10: "unexpected_message",
  40: "handshake_failure",
  47: "illegal_parameter",
  50: "decode_error",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  112: "unrecognized_name",
  120: "no_application_protocol",
};

/** How many bytes the first record has in all, by its header; 0 for what is no record. */
export function recordSize(bytes: Uint8Array): number {
  if (bytes.length < RECORD_HEADER_BYTES || !isRecord(bytes)) return 0;
  return RECORD_HEADER_BYTES + u16(bytes, 3);
}

/** What `bytes`, at least the first record, answer to `sent`. */
export function answerIn(bytes: Uint8Array, sent: Uint8Array): Answer {
  const size = Math.min(bytes.length, sent.length);
  if (equals(bytes.subarray(0, size), sent.subarray(0, size))) return { kind: "echo" };
  if (!isRecord(bytes) || bytes.length < recordSize(bytes)) return { kind: "other", bytes };
  if (bytes[0] === ALERT) return { kind: "alert", number: bytes[RECORD_HEADER_BYTES + 1] ?? 0 };
  if (bytes[RECORD_HEADER_BYTES] !== SERVER_HELLO) return { kind: "other", bytes };
  return { kind: "hello", version: versionIn(bytes.subarray(0, recordSize(bytes))) };
}

/** A sentence about an answer. */
export function describe(answer: Answer): string {
  switch (answer.kind) {
    case "hello":
      return `it answered with ${versionName(answer.version)}`;
    case "alert":
      return `it answered with the alert ${ALERTS[answer.number] ?? answer.number}`;
    case "echo":
      return "the ClientHello came back as it was";
    case "other":
      return `${quoted(answer.bytes)} came, and no TLS`;
    case "end":
      return "it ended the connection";
    case "nothing":
      return "nothing came";
  }
}

/** The name of a version. */
export function versionName(version: number): string {
  return VERSIONS[version] ?? `the unknown version ${version.toString(16).padStart(4, "0")}`;
}

/** The version that a ServerHello has chosen: since TLS 1.3, in an extension. */
function versionIn(hello: Uint8Array): number {
  const afterSession = SESSION_AT + 1 + (hello[SESSION_AT] ?? 0);
  let at = afterSession + 2 + 1 + 2; // the cipher, the compression, the length of all extensions
  while (at + 4 <= hello.length) {
    const length = u16(hello, at + 2);
    if (u16(hello, at) === SUPPORTED_VERSIONS && length === 2) return u16(hello, at + 4);
    at += 4 + length;
  }
  return u16(hello, VERSION_AT);
}

function isRecord(bytes: Uint8Array): boolean {
  return (bytes[0] === ALERT || bytes[0] === HANDSHAKE) && bytes[1] === 3;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}
