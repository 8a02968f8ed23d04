/**
 * From a new connection to a client: the limits, the TLS handshake under a deadline, the dialect.
 *
 * @module
 */
import type { TlsError } from "../net/tls.ts";
import { type Dialect, dialectFor } from "../wire/dialect.ts";
import { ErrorCode } from "../wire/payloads.ts";
import { websocket } from "../wire/websocket.ts";
import { closeWith, linger } from "./closing.ts";
import { type ConnectionContext, openIo } from "./connection.ts";
import type { Monitored } from "./connection_monitor.ts";
import type { FailureReason } from "./events.ts";
import type { HandshakeResult } from "./metrics.ts";
import { refusal } from "./web.ts";

/** Why a connection did not become a client. */
export interface ConnectionFailure {
  /** Why. */
  reason: FailureReason;
  /** More about it, for the log. */
  detail?: string;
}

/** The client's dialect, or why there is no client. */
export type Admission = { dialect: Dialect } | { failure: ConnectionFailure };

/**
 * Admits a connection within the limits whose handshake succeeds. One over the limits gets a
 * handshake and an error message first, unless too many others get one. Never rejects.
 */
export async function admit(context: ConnectionContext): Promise<Admission> {
  const { conn, id, limiter } = context;
  const rejection = await limiter.acquire(id, conn.peer.hostname);
  const overLimit = rejection && { reason: "over-limit", detail: rejection.reason } as const;
  if (rejection?.sendError === false) {
    conn.abort();
    return { failure: overLimit! };
  }
  const admission = await handshake(context);
  if ("failure" in admission) {
    const { reason } = admission.failure;
    if (reason === "handshake-timeout" || reason === "shutdown") conn.abort(); // still pending
    return admission;
  }
  if (overLimit === null) return admission;
  await reject(context, admission.dialect, overLimit.detail);
  return { failure: overLimit };
}

/** Completes the TLS handshake within its timeout and picks the dialect. */
async function handshake(context: ConnectionContext): Promise<Admission> {
  const { conn, options: { handshakeTimeout, dialect }, dialects, monitor, meter } = context;
  const ended = Promise.withResolvers<Admission>();
  const fail = (failure: ConnectionFailure) => ended.resolve({ failure });
  const begun = performance.now();
  const latest = begun + handshakeTimeout;
  const detail = `not done within ${handshakeTimeout / 1000} s`;
  const waiting: Monitored = {
    checkTimeouts: (now) => now < latest || fail({ reason: "handshake-timeout", detail }),
    onStop: () => fail({ reason: "shutdown" }),
  };
  monitor.add(waiting);
  conn.handshake().then(
    (protocol) =>
      ended.resolve({ dialect: dialects[dialect ?? ""] ?? dialectFor(protocol, dialects) }),
    (error: TlsError) => fail(handshakeFailure(error)),
  );
  const admission = await ended.promise;
  monitor.delete(waiting);
  if (conn.isEncrypted) meter?.handshook(resultOf(admission), performance.now() - begun);
  return admission;
}

function resultOf(admission: Admission): HandshakeResult {
  if ("dialect" in admission) return "ok";
  const { reason } = admission.failure;
  if (reason === "handshake-timeout") return "timeout";
  return reason === "probe" || reason === "shutdown" ? reason : "failed";
}

/** A peer that leaves during the handshake is most often a probe: a port scan, a load balancer. */
function handshakeFailure({ problem, message: detail }: TlsError): ConnectionFailure {
  return { reason: problem === "gone" ? "probe" : "handshake-failed", detail };
}

async function reject(context: ConnectionContext, dialect: Dialect, detail: string): Promise<void> {
  const io = openIo(context, dialect);
  try {
    if (dialect === websocket) { // no WebSocket has begun
      await io.queue.write(refusal(detail));
      await io.queue.close();
    } else await closeWith(io, { reason: "over-limit", detail, code: ErrorCode.overLimit });
  } catch {
    // It left meanwhile.
  }
  await linger(io);
  io.reader.release();
}
