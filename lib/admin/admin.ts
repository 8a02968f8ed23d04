/**
 * The admin listener: health, metrics and the live page, over plain HTTP. One request for each
 * connection.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import type { Listener } from "../net/listen.ts";
import { acceptLoop } from "../server/accept_loop.ts";
import type { Sink } from "../server/events.ts";
import { isOurHost, type WebOptions } from "../server/origin.ts";
import { framingOf, HeadDecoder, headerOf, HttpError, type RequestHead } from "../wire/http.ts";
import {
  encodeResponse,
  errorResponse,
  fileResponse,
  type Response,
  secured,
  textResponse,
} from "../wire/http_response.ts";
import { recvMsg } from "../wire/message.ts";
import { ByteReader } from "../wire/reader.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import { LIVE_PAGE } from "./page.ts";
import { PROMETHEUS_TYPE, prometheusText } from "./prometheus.ts";
import { Sampler } from "./sampler.ts";
import type { AdminSource } from "./source.ts";
import { stateOf } from "./status.ts";
import { encodeEvent, MAX_VIEWERS, type Viewer, Viewers } from "./viewers.ts";

/** How many connections there may be at a time. Others are closed at once. */
const MAX_CONNECTIONS = 64;

/** How long a request and its answer may take, in milliseconds. An open live page may stay. */
export const DEADLINE_MS = 10_000;

/** That accepting fails here is told by the port of the echo, which fails too. */
const NO_SINK: Sink = {
  wantsMessages: false,
  emit: () => {},
  flush: () => Promise.resolve(),
};

/** Answers on `listener` until it is disposed of. */
export class Admin implements Disposable {
  readonly #listener: Listener;
  readonly #source: AdminSource;
  readonly #web: WebOptions;
  readonly #viewers = new Viewers();
  readonly #sampler: Sampler;
  readonly #connections = new Set<Conn>();
  readonly #deadline: number;
  readonly #closed = new AbortController();

  /** `web` are the names that a request may use as its Host; `deadline` is in milliseconds. */
  constructor(
    listener: Listener,
    source: AdminSource,
    web: WebOptions,
    deadline: number = DEADLINE_MS,
  ) {
    this.#deadline = deadline;
    this.#listener = listener;
    this.#source = source;
    this.#web = web;
    this.#sampler = new Sampler(source, (status) => this.#viewers.send("status", status));
    void this.#accept();
  }

  /** Frees the port and closes all connections. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#sampler[Symbol.dispose]();
    for (const conn of this.#connections) conn.close();
  }

  async #accept(): Promise<void> {
    for await (const conn of acceptLoop(this.#listener, NO_SINK, this.#closed.signal)) {
      if (this.#connections.size < MAX_CONNECTIONS) void this.#serve(conn);
      else conn.close();
    }
  }

  /** Answers the request of one connection. Never rejects. */
  async #serve(conn: Conn): Promise<void> {
    this.#connections.add(conn);
    let timer = setTimeout(() => conn.abort(), this.#deadline);
    const reader = new ByteReader(conn);
    const queue = new WriteQueue(conn);
    const viewer = { queue, abort: () => conn.abort() };
    try {
      let { response, isHead } = await this.#answer(reader);
      const isViewer = response === EVENT_STREAM && !isHead;
      if (isViewer && !this.#viewers.enter(viewer)) response = TOO_MANY_VIEWERS;
      await queue.write(encodeResponse(secured(response), isHead));
      if (response === EVENT_STREAM && isViewer) {
        clearTimeout(timer);
        await this.#stream(viewer, reader);
        timer = setTimeout(() => conn.abort(), this.#deadline);
      }
      await queue.close();
      while (await reader.fill(1)) reader.discard(reader.available); // until it has the answer
    } catch {
      // It left, or was too slow.
    } finally {
      clearTimeout(timer);
      this.#viewers.leave(viewer);
      conn.close();
      reader.release();
      this.#connections.delete(conn);
    }
  }

  async #answer(reader: ByteReader): Promise<{ response: Response; isHead: boolean }> {
    let head: RequestHead | null = null;
    try {
      head = await recvMsg(reader, new HeadDecoder(reader));
      if (head === null) throw new HttpError(400, "no request came");
      return { response: await this.#responseTo(head), isHead: head.method === "HEAD" };
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return { response: errorResponse(error), isHead: head?.method === "HEAD" };
    }
  }

  async #responseTo(head: RequestHead): Promise<Response> {
    if (!isOurHost(headerOf(head, "host") ?? "", this.#web)) {
      throw new HttpError(421, "this server has no such name; --origin adds one");
    }
    framingOf(head); // what two programs could read in two ways is refused, though no body is read
    if (head.method !== "GET" && head.method !== "HEAD") {
      throw new HttpError(405, "only GET and HEAD", [["Allow", "GET, HEAD"]]);
    }
    const path = head.target.replace(/\?.*/s, "");
    switch (path) {
      case "/livez":
        return textResponse("ok\n");
      case "/readyz": {
        const state = stateOf(this.#source);
        const { faults } = this.#source;
        const warning = faults === null ? "" : `it misbehaves on purpose: ${faults}\n`;
        return textResponse(`${state}\n${warning}`, state === "serving" ? 200 : 503);
      }
      case "/metrics": {
        const { metrics } = await this.#source.measure();
        const text = prometheusText(metrics, this.#source);
        return { ...textResponse(text), headers: [["Content-Type", PROMETHEUS_TYPE]] };
      }
      case "/connections":
        return fileResponse(
          "application/json",
          `${JSON.stringify(await this.#sampler.status())}\n`,
        );
      case "/events":
        return EVENT_STREAM;
    }
    const page = Object.hasOwn(LIVE_PAGE, path) ? LIVE_PAGE[path] : undefined;
    if (page === undefined) throw new HttpError(404, "no such page");
    return page;
  }

  /** Sends events until the viewer leaves. */
  async #stream(viewer: Viewer, reader: ByteReader): Promise<void> {
    const begun = viewer.queue.write(encodeEvent("rates", this.#sampler.rates));
    this.#viewers.show(viewer);
    await begun;
    await viewer.queue.write(encodeEvent("status", await this.#sampler.status()));
    while (await reader.fill(1)) reader.discard(reader.available);
  }
}

/** The answer to one more than there may be. */
const TOO_MANY_VIEWERS = textResponse(`${MAX_VIEWERS} pages are open already\n`, 503);

/** The head of an answer that goes on. */
const EVENT_STREAM: Response = {
  status: 200,
  headers: [["Content-Type", "text/event-stream"], ["Cache-Control", "no-store"]],
  body: null,
};
