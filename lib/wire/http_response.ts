/**
 * Answers of HTTP/1.1.
 *
 * @module
 */
import { concat } from "../std.ts";
import type { HttpError } from "./http.ts";

/** An answer. */
export interface Response {
  /** 200. */
  status: number;
  /** Headers besides those that every answer has. */
  headers?: readonly (readonly [string, string])[];
  /** The body; null for an answer that has none (101, 204). */
  body: Uint8Array | null;
}

const REASONS: Record<number, string> = {
  100: "Continue",
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  421: "Misdirected Request",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** The bytes of an answer; of one to HEAD without its body. */
export function encodeResponse(
  { status, headers = [], body }: Response,
  isHead = false,
): Uint8Array {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === null ? [] : [`Content-Length: ${body.length}`]),
  ];
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  return body === null || isHead ? head : concat([head, body]);
}

/** Headers of every answer: nothing of what comes back may run as a page's own. */
const SECURE: readonly [string, string][] = [
  ["Connection", "close"],
  ["X-Content-Type-Options", "nosniff"],
  [
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
];

/** The same answer with the headers that every one has: it is the last of its connection, and safe. */
export function secured(response: Response): Response {
  return { ...response, headers: [...SECURE, ...response.headers ?? []] };
}

/** An answer that is text. */
export function textResponse(content: string, status = 200): Response {
  return { ...fileResponse("text/plain", content), status };
}

/** An answer that is a text of some type: `text/html`. */
export function fileResponse(type: string, content: string): Response {
  return {
    status: 200,
    headers: [["Content-Type", `${type}; charset=utf-8`]],
    body: new TextEncoder().encode(content),
  };
}

/** The answer to a request that was refused. */
export function errorResponse({ status, message, headers }: HttpError): Response {
  const response = textResponse(`${message}\n`, status);
  return { ...response, headers: [...response.headers ?? [], ...headers] };
}
