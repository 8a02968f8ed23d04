/**
 * The client's request for a WebSocket (RFC 6455, 4.1).
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import type { Conn } from "../net/conn.ts";
import { ByteReader } from "../wire/reader.ts";
import { acceptOf } from "../wire/websocket_accept.ts";
import { isTlsAlert } from "./failures.ts";

/** The longest head of an answer, in bytes. */
const MAX_HEAD_BYTES = 16 * 1024;

/** Where a WebSocket begins. */
export interface UpgradeOptions {
  /** The Host header: `localhost:12345`. */
  host: string;
  /** The path and query: `/`. */
  target: string;
  /** The server as people know it, for the text of failures. */
  server: string;
  /** How long the answer may take, in milliseconds. */
  timeout: number;
  /** Gives up when aborted, with its reason. */
  signal?: AbortSignal;
}

/**
 * Sends the request and reads the answer. Returns the connection, on which frames follow. Throws a
 * `Failure` of kind `unreachable` for any other answer, and closes the connection then.
 */
export async function upgradeToWebSocket(
  conn: Conn,
  { host, target, server, timeout, signal }: UpgradeOptions,
): Promise<Conn> {
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  const request = [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
  ];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn.close();
  }, timeout);
  const abort = () => conn.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    await conn.write(new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`));
    const reader = new ByteReader(conn);
    const problem = problemWith(await recvHead(reader), key);
    if (problem === null) return withRest(conn, reader.take(reader.available).slice());
    throw new Failure("unreachable", { what: `cannot talk to ${server}`, why: problem });
  } catch (cause) {
    conn.close();
    signal?.throwIfAborted();
    if (cause instanceof Failure) throw cause;
    const why = isLate ? `no answer within ${timeout / 1000} s` : reasonOf(cause);
    throw new Failure("unreachable", { what: `cannot talk to ${server}`, why, cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** The head of the answer: its lines, without the blank one. */
async function recvHead(reader: ByteReader): Promise<string[]> {
  const latin1 = new TextDecoder("latin1");
  while (reader.available < MAX_HEAD_BYTES) {
    const text = latin1.decode(reader.buffered);
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      reader.discard(end + 4);
      return text.slice(0, end).split("\r\n");
    }
    if (!await reader.fill(reader.available + 1)) break;
  }
  throw new Error(
    isTlsAlert(reader.buffered)
      ? "it answers with a TLS alert, so it speaks TLS"
      : "its answer is not one of HTTP",
  );
}

/** Why the answer does not begin a WebSocket; null if it does. */
function problemWith([status = "", ...headers]: string[], key: string): string | null {
  const [, code] = /^HTTP\/1\.1 (\d{3})/.exec(status) ?? [];
  if (code === undefined) return "its answer is not one of HTTP";
  if (code !== "101") return `it does not begin a WebSocket: ${status.slice("HTTP/1.1 ".length)}`;
  const accept = headers.map((line) => /^sec-websocket-accept:\s*(\S+)\s*$/i.exec(line)?.[1])
    .find((value) => value !== undefined);
  return accept === acceptOf(key) ? null : "its answer is to another request for a WebSocket";
}

/** A connection whose first bytes were read already. */
function withRest(conn: Conn, rest: Uint8Array): Conn {
  if (rest.length === 0) return conn;
  return new Proxy(conn, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== "read") return typeof value === "function" ? value.bind(target) : value;
      return (view: Uint8Array) => {
        if (rest.length === 0) return target.read(view);
        const count = Math.min(view.length, rest.length);
        view.set(rest.subarray(0, count));
        rest = rest.subarray(count);
        return Promise.resolve(count);
      };
    },
  });
}
