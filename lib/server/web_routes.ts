/**
 * What the server answers to HTTP requests: the page, an HTTP echo, and whether it lives.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { HttpError, type RequestHead } from "../wire/http.ts";
import { fileResponse, type Response, textResponse } from "../wire/http_response.ts";
import { PAGE } from "./page.ts";

/** How long `?delay=` may make an answer wait, in milliseconds. */
export const MAX_DELAY_MS = 10_000;

/** The longest body that `?size=` makes, in bytes. */
const MAX_SIZE_BYTES = 1024 * 1024;

/** A request whose body has come. */
export interface Request {
  /** Its head. */
  head: RequestHead;
  /** Its body; empty where it has none. */
  body: Uint8Array;
  /** The client's address as text. */
  peer: string;
}

/** The path of a target, and its query. */
export function urlOf({ target }: RequestHead): { path: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  return { path, query: new URLSearchParams(at < 0 ? "" : target.slice(at + 1)) };
}

/** Whether the body of this request is read. Throws an `HttpError` for a path or a method we have not. */
export function takesBody(head: RequestHead): boolean {
  const { path } = urlOf(head);
  if (path === "/echo") return true;
  if (path !== "/livez" && !Object.hasOwn(PAGE, path)) throw new HttpError(404, "no such page");
  if (head.method !== "GET" && head.method !== "HEAD") {
    throw new HttpError(405, "only GET and HEAD", [["Allow", "GET, HEAD"]]);
  }
  return false;
}

/** How long the answer has to wait, in milliseconds (`?delay=1.5`, in seconds, or with a unit). */
export function delayOf(head: RequestHead): number {
  const { path, query } = urlOf(head);
  if (path !== "/echo" || !query.has("delay")) return 0;
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,6})?)(ms|s)?$/.exec(query.get("delay")!) ?? [];
  const delay = Number(amount) * (unit === "ms" ? 1 : 1000);
  if (!(delay <= MAX_DELAY_MS)) {
    throw new HttpError(400, `delay is a time up to ${MAX_DELAY_MS / 1000} s`);
  }
  return delay;
}

/** The answer to a request that `takesBody` has let pass. */
export function answerTo({ head, body, peer }: Request): Response {
  const { path, query } = urlOf(head);
  if (path === "/echo") return echo({ head, body, peer }, query);
  if (path === "/livez") return textResponse("ok\n");
  return PAGE[path]!;
}

function echo({ head, body, peer }: Request, query: URLSearchParams): Response {
  const status = numberIn(query, "status", { min: 200, max: 599 }) ?? 200;
  const size = numberIn(query, "size", { min: 0, max: MAX_SIZE_BYTES });
  const isEmpty = status === 204 || status === 304;
  if (isEmpty) return { status, body: null };
  if (size !== null) return { ...binary(pattern(size)), status };
  if (query.has("raw")) return { ...binary(body), status };
  const { method, target, headers } = head;
  const content = isUtf8(body)
    ? { body: new TextDecoder("utf-8", { ignoreBOM: true }).decode(body) }
    : { bodyBase64: body.toBase64() };
  const json = JSON.stringify({ method, target, headers, ...content, peer }, null, 2);
  return { ...fileResponse("application/json", `${json}\n`), status };
}

function numberIn(
  query: URLSearchParams,
  name: string,
  { min, max }: { min: number; max: number },
): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new HttpError(400, `${name} is a whole number from ${min} to ${max}`);
}

/** Bytes that are easy to check: 0 to 255, again and again. */
function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i & 0xff);
}

function binary(body: Uint8Array): Response {
  return { status: 200, headers: [["Content-Type", "application/octet-stream"]], body };
}
