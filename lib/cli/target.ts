/**
 * Which server a command means: HOST and PORT, or the URL of a WebSocket.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { type Endpoint, validateIpPort } from "../net/address.ts";

/** The server of a WebSocket. */
export interface WebSocketTarget extends Endpoint {
  /** Whether it is without TLS: `ws://`. */
  plain: boolean;
  /** The path and query. */
  path: string;
}

const SCHEMES: Record<string, { port: string; plain: boolean }> = {
  "ws:": { port: "80", plain: true },
  "wss:": { port: "443", plain: false },
};

/** The target of a word such as `wss://localhost:12345/`; null for a word that is no such URL. */
export function webSocketTargetOf(word: string | undefined): WebSocketTarget | null {
  if (word === undefined || !/^wss?:/i.test(word)) return null;
  const url = URL.parse(word);
  const scheme = url === null ? undefined : SCHEMES[url.protocol];
  if (url === null || scheme === undefined || url.hostname === "" || url.username !== "") {
    const hint = "as in wss://localhost:12345/";
    throw new Failure("usage", { what: `cannot use "${word}"`, why: "it is no URL", hint });
  }
  const endpoint = validateIpPort(url.hostname, url.port || scheme.port, { lowestPort: 1 });
  return { ...endpoint, plain: scheme.plain, path: url.pathname + url.search };
}

/** The words HOST and PORT. Throws a `Failure` of kind `usage` for anything else. */
export function hostAndPortIn([host, port, ...others]: string[]): Endpoint {
  if (host === undefined || port === undefined || others.length > 0) {
    throw new Failure("usage", { what: "cannot start", why: "it takes HOST and PORT" });
  }
  return validateIpPort(host, port, { lowestPort: 1 });
}
