/**
 * What servers that share a room send each other over a message broker. Each message has a header of
 * 8 bytes: u8 type, u8 kind of what was said, u48 sequence number of the server that sends it.
 *
 *     1 message    the rest: a `broadcast` payload
 *     2 piece      u32 offset, u32 length of the whole, a part of such a payload
 *     3 heartbeat  u48 how old the server is, in milliseconds, and the name of its machine; the
 *                  number is that of its last message
 *     4 goodbye    the same, from a server that stops
 *
 * The number counts messages, also those that could not be sent: so a receiver knows what it missed.
 *
 * @module
 */
import type { Broadcast } from "./codec.ts";
import { Kind } from "./kind.ts";

const HEADER_BYTES = 8;
const PIECE_HEADER_BYTES = HEADER_BYTES + 8;
const HEARTBEAT_BYTES = HEADER_BYTES + 6;

/** The longest name of a machine, in bytes. */
export const MAX_HOST_BYTES = 64;

const Type = { message: 1, piece: 2, heartbeat: 3, goodbye: 4 } as const;

/** The largest number of a message, far beyond what a server can send. */
const MAX_SEQUENCE = 2 ** 48 - 1;

/** What a server hears from another one. Views are valid until the receiver returns. */
export type RoomMessage =
  | { type: "message"; sequence: number; broadcast: Broadcast }
  | { type: "piece"; sequence: number; kind: Kind; offset: number; total: number; part: Uint8Array }
  | { type: "heartbeat" | "goodbye"; sequence: number; age: number; host: string };

/** A message, in as many pieces as a broker with this limit of bytes needs. */
export function* encodeRoomMessage(
  { kind, payload }: Broadcast,
  sequence: number,
  maxBytes: number,
): Generator<Uint8Array> {
  if (HEADER_BYTES + payload.length <= maxBytes) {
    const message = new Uint8Array(HEADER_BYTES + payload.length);
    putHeader(message, Type.message, sequence, kind);
    message.set(payload, HEADER_BYTES);
    return yield message;
  }
  const size = maxBytes - PIECE_HEADER_BYTES;
  for (let offset = 0; offset < payload.length; offset += size) {
    const part = payload.subarray(offset, offset + size);
    const piece = new Uint8Array(PIECE_HEADER_BYTES + part.length);
    const view = putHeader(piece, Type.piece, sequence, kind);
    view.setUint32(HEADER_BYTES, offset);
    view.setUint32(HEADER_BYTES + 4, payload.length);
    piece.set(part, PIECE_HEADER_BYTES);
    yield piece;
  }
}

/** The sign of life of a server on machine `host` that is `age` milliseconds old. */
export function encodeHeartbeat(
  sequence: number,
  age: number,
  host: Uint8Array,
  isLast = false,
): Uint8Array {
  const message = new Uint8Array(HEARTBEAT_BYTES + host.length);
  message.set(host, HEARTBEAT_BYTES);
  const view = putHeader(message, isLast ? Type.goodbye : Type.heartbeat, sequence, 0);
  putUint48(view, HEADER_BYTES, age);
  return message;
}

/** What some bytes are; null for anything that no server of ours sends. */
export function decodeRoomMessage(bytes: Uint8Array): RoomMessage | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sequence = uint48At(view, 2);
  switch (bytes[0]) {
    case Type.message: {
      const kind = kindOf(bytes[1]!);
      if (kind === null || sequence === 0) return null;
      return {
        type: "message",
        sequence,
        broadcast: { kind, payload: bytes.subarray(HEADER_BYTES) },
      };
    }
    case Type.piece: {
      const kind = kindOf(bytes[1]!);
      if (kind === null || sequence === 0 || bytes.length <= PIECE_HEADER_BYTES) return null;
      const [offset, total] = [view.getUint32(HEADER_BYTES), view.getUint32(HEADER_BYTES + 4)];
      const part = bytes.subarray(PIECE_HEADER_BYTES);
      if (offset + part.length > total) return null;
      return { type: "piece", sequence, kind, offset, total, part };
    }
    case Type.heartbeat:
    case Type.goodbye: {
      const host = bytes.subarray(HEARTBEAT_BYTES);
      if (bytes.length < HEARTBEAT_BYTES || host.length > MAX_HOST_BYTES) return null;
      const type = bytes[0] === Type.heartbeat ? "heartbeat" : "goodbye";
      const age = uint48At(view, HEADER_BYTES);
      return { type, sequence, age, host: new TextDecoder().decode(host) };
    }
  }
  return null;
}

/** Only what clients say goes to others. */
function kindOf(number: number): Kind | null {
  return number === Kind.text || number === Kind.bytes ? number : null;
}

function putHeader(bytes: Uint8Array, type: number, sequence: number, kind: number): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes[0] = type;
  bytes[1] = kind;
  putUint48(view, 2, sequence);
  return view;
}

function putUint48(view: DataView, at: number, value: number): void {
  const bounded = Math.min(Math.max(0, Math.floor(value)), MAX_SEQUENCE);
  view.setUint16(at, Math.floor(bounded / 2 ** 32));
  view.setUint32(at + 2, bounded % 2 ** 32);
}

function uint48At(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}
