/**
 * One connection, from its first byte to the event that says how it ended.
 *
 * @module
 */
import type { Dialect } from "../wire/dialect.ts";
import { raw } from "../wire/raw.ts";
import { websocket } from "../wire/websocket.ts";
import { admit } from "./admission.ts";
import { classifyClose, type CloseInfo } from "./close_info.ts";
import { closeWith, drain, Eviction, linger } from "./closing.ts";
import {
  type ConnectionContext,
  type ConnectionIo,
  eventFields,
  openCodec,
  openIo,
} from "./connection.ts";
import type { Monitored } from "./connection_monitor.ts";
import { History } from "./history.ts";
import { EchoLoop } from "./loop.ts";
import type { ConnectionRow, Metered } from "./meter.ts";
import { Progress } from "./progress.ts";
import { Subscriber } from "./subscriber.ts";
import { answerRequest, bringsRequest } from "./web.ts";

/** What came of a connection. */
export interface SessionResult {
  /** Whether it was the first client with a message. */
  isFirst: boolean;
  /** How many messages were echoed. */
  messages: number;
}

/** Serves one connection until it is gone; never rejects. */
export async function serveClient(context: ConnectionContext): Promise<SessionResult> {
  const { conn, id, limiter, meter, sink } = context;
  const admission = await admit(context);
  if ("dialect" in admission) return await new Session(context, admission.dialect).run();
  conn.close();
  limiter.release(id);
  meter?.failed(admission.failure.reason);
  await sink.emit({ type: "connection-failed", ...eventFields(context), ...admission.failure });
  return { isFirst: false, messages: 0 };
}

/** A client that has read nothing for so long is shown as a slow one, in milliseconds. */
const SLOW_MS = 1_000;

/** After the answer to a request there is nothing to say. */
const HTTP: CloseInfo = { reason: "http" };

class Session implements Monitored, Metered {
  readonly #context: ConnectionContext;
  #dialect: Dialect;
  readonly #io: ConnectionIo;
  readonly #history: History;
  readonly #subscriber: Subscriber | null;
  readonly #loop: EchoLoop;
  readonly #eviction: Eviction;
  readonly #progress: Progress;
  #isConnected = false;
  #isFirst = false;
  /** Whether a request of HTTP was answered. */
  #isAnswered = false;
  /** Since when it is there, in milliseconds since 1970. */
  readonly #since = Date.now();
  /** What it has sent as HTTP before its WebSocket, in bytes. */
  #sentBefore = 0;
  #isHttp: boolean;
  /** Ends a drain early; null where there is none. */
  #draining: AbortController | null = null;

  constructor(context: ConnectionContext, dialect: Dialect) {
    const { hub, historyBudget, options: { maxHistory, slowReader } } = context;
    this.#context = context;
    this.#dialect = dialect;
    this.#isHttp = dialect === websocket;
    const io = this.#io = openIo(context, dialect);
    const history = this.#history = new History(maxHistory, historyBudget);
    const eviction = this.#eviction = new Eviction(io);
    const onOverflow = () => eviction.abortSlow("it did not keep up with the broadcast");
    const subscriber = this.#subscriber = hub && new Subscriber({
      queue: io.queue,
      dialect: dialect.name,
      encoder: io.codec,
      ...(slowReader === "evict" ? { onOverflow } : {}),
      onDropped: (count) =>
        void context.sink.emit({ type: "broadcast-dropped", ...eventFields(context), count }),
    });
    const parts = { context, io, history, subscriber };
    const loop = this.#loop = new EchoLoop({ ...parts, onFirstBatch: () => this.#onFirstBatch() });
    this.#progress = new Progress({ io, loop, subscriber, eviction, timeouts: context.options });
  }

  async run(): Promise<SessionResult> {
    const { conn, id, limiter, meter, sink } = this.#context;
    meter?.opened(this);
    const { reason, detail } = await this.#serve();
    meter?.closed(this, this.#isConnected || this.#isAnswered ? reason : "probe");
    conn.close();
    limiter.release(id);
    this.#history.close();
    this.#io.reader.release();
    this.#loop.close();
    this.#subscriber?.release();
    const { messages, bytes } = this.#loop;
    const fields = { ...eventFields(this.#context), ...(detail === undefined ? {} : { detail }) };
    if (this.#isConnected) {
      await sink.emit({ type: "client-close", ...fields, reason, messages, bytes });
    } else if (!this.#isAnswered) {
      await sink.emit({ type: "connection-failed", ...fields, reason: "probe" });
    }
    return { isFirst: this.#isFirst, messages };
  }

  /** As in `Metered`. */
  get isClient(): boolean {
    return this.#isConnected && !this.#isHttp;
  }

  /** As in `Metered`. */
  describe(): ConnectionRow {
    const { conn: { name, written }, id } = this.#context;
    const { messages, bytes } = this.#loop;
    const { idle, stalled } = this.#progress;
    return {
      conn: id,
      peer: name,
      dialect: this.#isHttp ? "http" : this.#dialect.name,
      since: this.#since,
      messages,
      receivedBytes: bytes,
      sentBytes: written - this.#sentBefore,
      waitingBytes: this.#io.queue.inFlightBytes + (this.#subscriber?.queuedBytes ?? 0),
      idle,
      isSlow: stalled >= SLOW_MS,
    };
  }

  /** As in `Monitored`. */
  checkTimeouts(now: number): void {
    if (this.#dialect !== websocket) void this.#connected(); // it may only want to listen
    if (this.#eviction.close === null) this.#progress.checkTimeouts(now);
    else this.#eviction.abortIfLate(now);
  }

  /** As in `Monitored`. */
  onStop(): void {
    if (this.#dialect === websocket && !this.#isAnswered) return; // its request gets an answer
    const { signal } = this.#draining = new AbortController();
    void drain(this.#io, { timeout: this.#context.options.drain / 2, signal });
  }

  /** From the handshake to the end of the connection. */
  async #serve(): Promise<CloseInfo> {
    const { conn, hub, monitor, options } = this.#context;
    monitor.add(this);
    try {
      // Over TLS by ALPN: what comes is a request, and only a WebSocket makes it a client.
      if (this.#dialect === websocket && !await this.#upgrade()) return await this.#end(HTTP);
      // Without TLS anything may connect, as a port scan does: its first byte makes it a client.
      if (conn.isEncrypted || options.welcome !== null) await this.#connected();
      await this.#sendWelcome();
      if (this.#subscriber !== null) hub?.join(this.#subscriber);
      const maySniff = options.web !== null && options.dialect === null && this.#dialect === raw;
      if (maySniff && await bringsRequest(this.#io) && !await this.#upgrade()) {
        return await this.#end(HTTP);
      }
      return await this.#end(await this.#loop.run());
    } catch (error) {
      if (this.#io.queue.hasPending) conn.abort(); // or the system keeps the socket for it
      if (this.#eviction.close !== null) return this.#eviction.close;
      return monitor.isStopping ? { reason: "shutdown" } : classifyClose(error);
    } finally {
      monitor.delete(this);
      if (this.#subscriber !== null) hub?.leave(this.#subscriber);
      this.#draining?.abort();
    }
  }

  /** Ends the server's side, and waits for the client to end its own. */
  async #end(close: CloseInfo): Promise<CloseInfo> {
    const { queue, reader } = this.#io;
    if (!queue.closed && close !== HTTP) await closeWith(this.#io, close);
    await queue.close();
    if (!reader.ended) await linger(this.#io);
    return this.#eviction.close ?? close;
  }

  /** Answers the request. Returns whether a WebSocket begins with it. */
  async #upgrade(): Promise<boolean> {
    this.#isHttp = true;
    const outcome = await answerRequest(this.#context, this.#io);
    this.#isAnswered = outcome !== "gone";
    if (outcome !== "upgraded") return false;
    this.#isHttp = false;
    this.#sentBefore = this.#context.conn.written;
    this.#context.meter?.sentAs("http", this.#sentBefore);
    if (this.#dialect !== websocket) {
      this.#dialect = websocket;
      this.#io.codec = openCodec(this.#context, websocket, this.#io.reader);
      this.#subscriber?.speak(websocket.name, this.#io.codec);
    }
    if (this.#context.monitor.isStopping && this.#draining === null) this.onStop();
    return true;
  }

  #onFirstBatch(): void | Promise<void> {
    const { firstClient, id } = this.#context;
    this.#isFirst = firstClient.claim(id);
    return this.#connected();
  }

  #connected(): void | Promise<void> {
    if (this.#isConnected) return;
    this.#isConnected = true;
    const fields = { ...eventFields(this.#context), dialect: this.#dialect.name };
    return this.#context.sink.emit({ type: "client-connect", ...fields });
  }

  async #sendWelcome(): Promise<void> {
    const { welcome } = this.#context.options;
    if (welcome !== null) await this.#io.queue.write(this.#io.codec.greeting(welcome));
  }
}
