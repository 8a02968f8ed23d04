/**
 * Close frames of WebSocket (RFC 6455, 5.5.1 and 7.4).
 *
 * @module
 */
import { encodeFrame, Opcode } from "./websocket_frames.ts";

/** The longest reason: a control frame has 125 bytes, and the code has two. */
const MAX_REASON_BYTES = 123;

/** Whether a peer may send this code (7.4.1, 7.4.2, and the registry of IANA). */
export function isCloseCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

/** The payload of a Close frame. A reason that is too long is cut. */
export function closePayload(code: number, reason: string): Uint8Array {
  const payload = new Uint8Array(2 + MAX_REASON_BYTES);
  new DataView(payload.buffer).setUint16(0, code);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return payload.subarray(0, 2 + written);
}

/** A Close frame of a server. */
export function encodeClose(code: number, reason: string): Uint8Array {
  return encodeFrame(Opcode.close, closePayload(code, reason));
}
