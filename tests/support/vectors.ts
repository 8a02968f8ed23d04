/**
 * The protocol for machines: what tests/vectors.json holds, with its types.
 *
 * @module
 */
import vectors from "../vectors.json" with { type: "json" };
import type { Kind } from "../../lib/wire/kind.ts";

/** Who sends it. */
export type Side = "client" | "server";

/** A frame. */
export interface FrameVector {
  name: string;
  from: Side;
  kind: keyof typeof Kind;
  payload: string;
  bytes: string;
  fields?: { sender?: string; message?: string; count?: number; code?: number; reason?: string };
}

/** Bytes that are no frame. */
export interface MalformedVector {
  name: string;
  from: Side;
  bytes: string;
  ends: boolean;
  error: string;
  code: number | null;
  reason: string;
}

/** What a client says and a server answers. */
export interface ConversationVector {
  name: string;
  alpn: string | null;
  options: string[];
  client: string[];
  server: string;
}

/** The file's `frames`. */
export const frames = vectors.frames as FrameVector[];
/** The file's `malformed`. */
export const malformed = vectors.malformed as MalformedVector[];
/** The file's `conversations`. */
export const conversations = vectors.conversations as ConversationVector[];
/** The file's `limit`, in bytes. */
export const limit: number = vectors.limit;
/** The file's `protocol`. */
export const protocol: string = vectors.protocol;

/** Bytes from hex. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text);
}
