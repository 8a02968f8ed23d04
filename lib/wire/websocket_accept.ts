/**
 * The answer of a server of WebSocket to a client's key (RFC 6455, 1.3).
 *
 * @module
 */
import { createHash } from "node:crypto";

/** What every server adds to a key. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The value of Sec-WebSocket-Accept for a key, in base64. */
export function acceptOf(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}
