/**
 * From a connection to somebody who can be spoken to.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import { type Dialect, dialectOf, DIALECTS } from "../wire/dialect.ts";
import type { ServerOptions } from "./options.ts";
import type { CloseInfo } from "./close_info.ts";

/** What a handshake is given. */
export interface HandshakeContext {
  /** The connection. */
  conn: Conn;
  /** How long it may take, and which dialect it is to be. */
  options: ServerOptions;
  /** Says that the server stops: until the handshake is done nobody is owed anything. */
  stop: AbortSignal;
}

/** Completes TLS and tells in which dialect to go on, or else how the connection ended. */
export async function handshake(
  { conn, options, stop }: HandshakeContext,
): Promise<Dialect | CloseInfo> {
  const { handshakeTimeout, dialect } = options;
  const ended = Promise.withResolvers<CloseInfo>();
  const detail = `not done within ${handshakeTimeout / 1000} s`;
  const onTimeout = () => ended.resolve({ reason: "handshake-timeout", detail });
  const onStop = () => ended.resolve({ reason: "shutdown" });
  const timer = setTimeout(onTimeout, handshakeTimeout);
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  const done = conn.handshake().then(
    (protocol) => dialect === null ? dialectOf(protocol) : DIALECTS[dialect],
    (error: Error): CloseInfo => ({ reason: "handshake-failed", detail: error.message }),
  );
  const outcome = await Promise.race([done, ended.promise]);
  clearTimeout(timer);
  stop.removeEventListener("abort", onStop);
  return outcome;
}
