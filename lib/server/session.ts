/**
 * One connection, from its first byte to the event that says how it ended.
 *
 * @module
 */
import type { Dialect } from "../wire/dialect.ts";
import { admit } from "./admission.ts";
import { classifyClose, type CloseInfo } from "./close_info.ts";
import { closeWith, drain, Eviction, linger } from "./closing.ts";
import { type ConnectionContext, type ConnectionIo, eventFields, openIo } from "./connection.ts";
import type { Monitored } from "./connection_monitor.ts";
import { History } from "./history.ts";
import { EchoLoop } from "./loop.ts";
import { Progress } from "./progress.ts";
import { Subscriber } from "./subscriber.ts";

/** What came of a connection. */
export interface SessionResult {
  /** Whether it was the first client with a message. */
  isFirst: boolean;
  /** How many messages were echoed. */
  messages: number;
}

/** Serves one connection until it is gone; never rejects. */
export async function serveClient(context: ConnectionContext): Promise<SessionResult> {
  const { conn, id, limiter, sink } = context;
  const admission = await admit(context);
  if ("dialect" in admission) return await new Session(context, admission.dialect).run();
  conn.close();
  limiter.release(id);
  await sink.emit({ type: "connection-failed", ...eventFields(context), ...admission.failure });
  return { isFirst: false, messages: 0 };
}

class Session implements Monitored {
  readonly #context: ConnectionContext;
  readonly #dialect: Dialect;
  readonly #io: ConnectionIo;
  readonly #history: History;
  readonly #subscriber: Subscriber | null;
  readonly #loop: EchoLoop;
  readonly #eviction: Eviction;
  readonly #progress: Progress;
  #isConnected = false;
  #isFirst = false;
  /** Ends a drain early; null where there is none. */
  #draining: AbortController | null = null;

  constructor(context: ConnectionContext, dialect: Dialect) {
    const { hub, historyBudget, options: { maxHistory, slowReader } } = context;
    this.#context = context;
    this.#dialect = dialect;
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
    const { conn, id, limiter, sink } = this.#context;
    const { reason, detail } = await this.#serve();
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
    } else {
      await sink.emit({ type: "connection-failed", ...fields, reason: "probe" });
    }
    return { isFirst: this.#isFirst, messages };
  }

  /** As in `Monitored`. */
  checkTimeouts(now: number): void {
    void this.#connected(); // it may only want to listen
    if (this.#eviction.close === null) this.#progress.checkTimeouts(now);
    else this.#eviction.abortIfLate(now);
  }

  /** As in `Monitored`. */
  onStop(): void {
    const { signal } = this.#draining = new AbortController();
    void drain(this.#io, { timeout: this.#context.options.drain / 2, signal });
  }

  /** From the handshake to the end of the connection. */
  async #serve(): Promise<CloseInfo> {
    const { conn, hub, monitor, options } = this.#context;
    // Without TLS anything may connect, as a port scan does: its first byte makes it a client.
    if (conn.isEncrypted || options.welcome !== null) await this.#connected();
    monitor.add(this);
    try {
      await this.#sendWelcome();
      if (this.#subscriber !== null) hub?.join(this.#subscriber);
      const close = await this.#loop.run();
      if (!this.#io.queue.closed) await closeWith(this.#io, close);
      await this.#io.queue.close();
      if (close.reason !== "end") await linger(this.#io);
      return this.#eviction.close ?? close;
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
