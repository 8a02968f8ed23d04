/**
 * The request that begins a WebSocket (RFC 6455, 4.2).
 *
 * @module
 */
import { headerOf, HttpError, type RequestHead, tokensOf } from "../wire/http.ts";
import type { Response } from "../wire/http_response.ts";
import { acceptOf } from "../wire/websocket_accept.ts";

/** The only version (4.1). */
const VERSION = "13";

/** A key is 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Whether a request wants a WebSocket. */
export function isUpgrade(head: RequestHead): boolean {
  return tokensOf(head, "upgrade").includes("websocket") &&
    tokensOf(head, "connection").includes("upgrade");
}

/** The answer that begins the WebSocket. Throws an `HttpError` for a request that is malformed. */
export function acceptUpgrade(head: RequestHead): Response {
  if (head.method !== "GET" || !head.isHttp11) {
    throw new HttpError(400, "a WebSocket begins with a GET of HTTP/1.1");
  }
  if (headerOf(head, "sec-websocket-version") !== VERSION) {
    const headers: [string, string][] = [["Sec-WebSocket-Version", VERSION]];
    throw new HttpError(426, `only version ${VERSION} of WebSocket is spoken`, headers);
  }
  const key = headerOf(head, "sec-websocket-key") ?? "";
  if (!KEY.test(key)) throw new HttpError(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  return {
    status: 101,
    headers: [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", acceptOf(key)],
    ],
    body: null,
  };
}
