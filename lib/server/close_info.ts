/**
 * The one reason why a connection ended, from any error.
 *
 * @module
 */
import { reasonOf } from "../failure.ts";
import {
  EmptyFrame,
  InvalidUtf8,
  MemoryLimitExceeded,
  ProtocolError,
  TooLarge,
  Truncated,
  UnknownKind,
} from "../wire/errors.ts";
import { ErrorCode } from "../wire/payloads.ts";
import type { CloseReason } from "./events.ts";

/** How a connection ended. */
export interface CloseInfo {
  /** Why. */
  reason: CloseReason;
  /** More about it, for the log. */
  detail?: string;
  /** The code of the `error` frame, if the client broke the protocol or a limit. */
  code?: ErrorCode;
}

/** What an error while reading or writing means. Any other error is the network's: `lost`. */
export function classifyClose(error: unknown): CloseInfo {
  const detail = reasonOf(error);
  if (error instanceof TooLarge) return { reason: "too-large", detail, code: ErrorCode.tooLarge };
  if (error instanceof MemoryLimitExceeded) {
    return { reason: "over-limit", detail, code: ErrorCode.overLimit };
  }
  if (error instanceof Truncated) return { reason: "truncated", detail, code: ErrorCode.badFrame };
  const isMalformed = [EmptyFrame, UnknownKind, ProtocolError, InvalidUtf8]
    .some((it) => error instanceof it);
  if (isMalformed) {
    return { reason: "bad-frame", detail, code: ErrorCode.badFrame };
  }
  if (error instanceof Deno.errors.UnexpectedEof) {
    return { reason: "lost", detail: "it left without close_notify" };
  }
  return { reason: "lost", detail };
}
