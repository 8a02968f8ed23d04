/**
 * The payloads of the frames that a server sends besides echoes.
 *
 * @module
 */
import { BadPayload } from "./errors.ts";

/** Why a server ends a connection: the numbers in an `error` frame. */
export const ErrorCode = {
  /** A frame was malformed or of an unknown kind. */
  badFrame: 1,
  /** A message was over the limit. */
  tooLarge: 2,
  /** Too many connections, or too many long messages at a time. */
  overLimit: 3,
  /** The client was idle for too long. */
  idle: 4,
} as const;

/** One of the codes. */
export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];

/** The payload of an `error` frame: u16 code, UTF-8 reason. */
export function encodeError(code: ErrorCode, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return payload;
}

/** The code and the UTF-8 reason of an `error` frame. Throws `BadPayload` without a whole code. */
export function decodeError(payload: Uint8Array): { code: number; reason: Uint8Array } {
  if (payload.length < 2) throw new BadPayload("error");
  return { code: payload[0]! << 8 | payload[1]!, reason: payload.subarray(2) };
}

/** The payload of a `history` frame: u64, how many frames follow. */
export function encodeCount(count: number): Uint8Array {
  const payload = new Uint8Array(8);
  new DataView(payload.buffer).setBigUint64(0, BigInt(count));
  return payload;
}

/** How many frames follow a `history` frame. Throws `BadPayload` when it is not a u64. */
export function decodeCount(payload: Uint8Array): number {
  if (payload.length !== 8) throw new BadPayload("history");
  return Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0));
}

/** The payload of a `broadcast` frame. Throws a RangeError if the sender is over 255 bytes. */
export function encodeBroadcast(sender: Uint8Array, message: Uint8Array): Uint8Array {
  if (sender.length > 255) throw new RangeError(`a sender of ${sender.length} bytes is over 255`);
  const payload = new Uint8Array(1 + sender.length + message.length);
  payload[0] = sender.length;
  payload.set(sender, 1);
  payload.set(message, 1 + sender.length);
  return payload;
}

/** The sender of a `broadcast`, in UTF-8, and its message. Throws `BadPayload` when it is too short. */
export function decodeBroadcast(payload: Uint8Array): { sender: Uint8Array; message: Uint8Array } {
  const start = 1 + (payload[0] ?? Infinity);
  if (payload.length < start) throw new BadPayload("broadcast");
  return { sender: payload.subarray(1, start), message: payload.subarray(start) };
}
