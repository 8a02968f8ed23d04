/**
 * The HTTP request of a connection: it gets its answer, or a WebSocket begins. There is one request
 * for each connection.
 *
 * @module
 */
import { delay } from "../std.ts";
import {
  framingOf,
  HeadDecoder,
  headerOf,
  HttpError,
  isRequestHead,
  recvBody,
  type RequestHead,
} from "../wire/http.ts";
import { encodeResponse, errorResponse, type Response, secured } from "../wire/http_response.ts";
import { recvMsg } from "../wire/message.ts";
import { type ConnectionContext, type ConnectionIo, eventFields } from "./connection.ts";
import { isAllowedOrigin, isOurHost } from "./origin.ts";
import { acceptUpgrade, isUpgrade } from "./upgrade.ts";
import { answerTo, delayOf, takesBody } from "./web_routes.ts";

/**
 * What came of the request: `upgraded` to a WebSocket, `answered`, or the client left without a byte.
 */
export type WebOutcome = "upgraded" | "answered" | "gone";

/** How much of a target an event has. */
const SHOWN_TARGET = 200;

/**
 * Whether the first read brings a whole request, before anything was sent. Nothing is held back for
 * it: all else is an echo of bytes at once.
 */
export async function bringsRequest({ conn, reader, queue }: ConnectionIo): Promise<boolean> {
  if (!await reader.fill(1)) return false;
  return conn.written === 0 && !queue.hasPending && isRequestHead(reader.buffered);
}

/** Receives one request and answers it. Rejects with what reading and writing reject with. */
export async function answerRequest(
  context: ConnectionContext,
  io: ConnectionIo,
): Promise<WebOutcome> {
  let head: RequestHead | null = null;
  let response: Response;
  try {
    head = await withDeadline(context, recvMsg(io.reader, new HeadDecoder(io.reader)));
    if (head === null) return "gone";
    response = await responseTo(head, context, io);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    response = errorResponse(error);
  }
  const isUpgraded = response.status === 101;
  const all = isUpgraded ? response : secured(response);
  const written = io.queue.write(encodeResponse(all, head?.method === "HEAD"));
  const { method = "", target = "" } = head ?? {};
  const shown = target.length > SHOWN_TARGET ? `${target.slice(0, SHOWN_TARGET)}...` : target;
  const fields = { ...eventFields(context), method, target: shown, status: response.status };
  await context.sink.emit({ type: "http-request", ...fields });
  await written;
  return isUpgraded ? "upgraded" : "answered";
}

/** The answer to a connection over a limit, whose request is not read. */
export function refusal(detail: string): Uint8Array {
  return encodeResponse(secured(errorResponse(new HttpError(503, detail))));
}

async function responseTo(
  head: RequestHead,
  context: ConnectionContext,
  io: ConnectionIo,
): Promise<Response> {
  const { web } = context.options;
  const host = headerOf(head, "host") ?? "";
  if (web === null || !isOurHost(host, web)) {
    throw new HttpError(421, "this server has no such name; --origin adds one");
  }
  const framing = framingOf(head); // also where no body is read
  if (isUpgrade(head)) {
    if (framing.type !== "length" || framing.length > 0) {
      throw new HttpError(400, "a WebSocket begins without a body");
    }
    if (isAllowedOrigin(headerOf(head, "origin"), host, web)) return acceptUpgrade(head);
    throw new HttpError(403, "pages of that origin may not connect; --origin admits one");
  }
  const body = takesBody(head) ? await receiveBody(head, context, io) : new Uint8Array();
  await pause(delayOf(head), context);
  return answerTo({ head, body, peer: context.conn.name });
}

async function receiveBody(
  head: RequestHead,
  context: ConnectionContext,
  { reader, queue }: ConnectionIo,
): Promise<Uint8Array> {
  const framing = framingOf(head);
  const expected = headerOf(head, "expect");
  if (expected !== null) {
    if (expected.toLowerCase() !== "100-continue") throw new HttpError(417, "only 100-continue");
    await queue.write(encodeResponse({ status: 100, body: null }));
  }
  return await withDeadline(context, recvBody(reader, framing));
}

/** What `work` resolves with, if that is soon enough; else an `HttpError`. */
async function withDeadline<T>(
  { monitor, options: { handshakeTimeout } }: ConnectionContext,
  work: Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const latest = performance.now() + handshakeTimeout;
  const waiting = {
    checkTimeouts: (now: number) => {
      if (now > latest) late.reject(new HttpError(408, "the request did not come in time"));
    },
    onStop: () => late.reject(new HttpError(503, "the server is shutting down")),
  };
  monitor.add(waiting);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    monitor.delete(waiting);
    late.promise.catch(() => {});
    work.catch(() => {}); // a read that is given up ends with the connection
  }
}

/** Waits, but not for a server that stops. */
async function pause(ms: number, { monitor }: ConnectionContext): Promise<void> {
  if (ms === 0) return;
  const stopped = new AbortController();
  const waiting = { checkTimeouts: () => {}, onStop: () => stopped.abort() };
  monitor.add(waiting);
  await delay(ms, { signal: stopped.signal }).catch(() => {});
  monitor.delete(waiting);
}
