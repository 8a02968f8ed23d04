/**
 * The rules of one client, from its first byte to the reason why it ended.
 *
 * @module
 */
import type { Conn } from "../net/conn.ts";
import { delay } from "../std.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { type Command, commandOf, MAX_COMMAND_BYTES } from "../wire/commands.ts";
import { type Dialect, raw } from "../wire/dialect.ts";
import { Kind, type Message, type ReceiveLimits, remainingChunks } from "../wire/frames.ts";
import { WriteQueue } from "../wire/write_queue.ts";
import { encodeCount, encodeError, ErrorCode } from "../wire/payloads.ts";
import { ByteReader } from "../wire/reader.ts";
import type { Emit } from "./events.ts";
import { handshake } from "./handshake.ts";
import { History } from "./history.ts";
import type { ConnectionLimiter, Rejection } from "./limits.ts";
import {
  DRAIN_QUIET_MS,
  EVENT_PAYLOAD_LIMIT,
  LINGER_TIMEOUT_MS,
  type ServerOptions,
} from "./options.ts";
import { classifyClose, type CloseInfo } from "./close_info.ts";
import { type BroadcastHub, Subscriber } from "./hub.ts";
import { type IdleMonitor, type Monitored, ProgressTimer } from "./idle_monitor.ts";

const utf8 = new TextEncoder();

/** What a session is given. */
export interface SessionContext {
  /** The connection, its handshake still to come. */
  conn: Conn;
  /** Its number. */
  id: number;
  /** The server's limits. */
  options: ServerOptions;
  /** Says whether there may be one more. */
  door: ConnectionLimiter;
  /** Where the others are, if there is broadcast. */
  room: BroadcastHub | null;
  /** The memory for long messages. */
  budget: MemoryBudget;
  /** Notices when it does not move. */
  watch: IdleMonitor;
  /** Takes what happens. */
  emit: Emit;
  /** Says that the server stops. */
  stop: AbortSignal;
}

/** What came of a session. */
export interface SessionResult {
  /** Whether there was a client at all: its handshake succeeded. */
  served: boolean;
  /** How many messages were echoed. */
  messages: number;
}

/** Serves one client until it is gone; never throws. */
export function serveClient(context: SessionContext): Promise<SessionResult> {
  return new Session(context).run();
}

class Session implements Monitored {
  readonly #context: SessionContext;
  readonly #outbox: WriteQueue;
  readonly #reader: ByteReader;
  readonly #rules: ReceiveLimits;
  readonly #history: History;
  /** How long it has not moved while we wait for it: to say something, or to take its echo. */
  readonly #silent = new ProgressTimer();
  readonly #stalled = new ProgressTimer();
  #dialect: Dialect = raw;
  #member: Subscriber | null = null;
  /** What is waited for; null: nothing that is the client's to do. */
  #waitingFor: "message" | "echo taken" | null = null;
  /** Why we end it, once we do. */
  #closeReason: CloseInfo | null = null;
  /** When a client that was told to leave is not waited for any longer. */
  #forceCloseAt = Infinity;
  #messages = 0;
  #bytes = 0;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#outbox = new WriteQueue(context.conn);
    const { buffer, maxMessage: limit, maxHistory, broadcast } = context.options;
    this.#reader = new ByteReader(context.conn, buffer, context.budget);
    this.#history = new History(maxHistory);
    this.#rules = { limit, whole: broadcast ? limit : EVENT_PAYLOAD_LIMIT, highestKind: Kind.text };
  }

  async run(): Promise<SessionResult> {
    const { conn, id, door, emit } = this.#context;
    const refusal = await door.acquire(id, conn.peer.hostname);
    const unserved = await this.#accept(refusal);
    const { reason, detail } = unserved ?? await this.#serve();
    conn.close();
    door.release(id);
    this.#history.close();
    this.#reader.release();
    await emit({
      type: "client-close",
      ...this.#eventFields(),
      reason,
      messages: this.#messages,
      bytes: this.#bytes,
      ...(detail === undefined ? {} : { detail }),
    });
    return { served: unserved === null, messages: this.#messages };
  }

  /** As in `Watched`: ends it if the client has not moved for too long. */
  checkTimeouts(now: number): void {
    const { conn, options: { idleTimeout, stallTimeout } } = this.#context;
    const messages = this.#messages + Math.floor(this.#reader.total / EVENT_PAYLOAD_LIMIT);
    const silence = this.#silent.stalledFor(this.#waitingFor === "message" ? messages : NaN, now);
    const stall = this.#stalled.stalledFor(
      this.#waitingFor === "echo taken" ? conn.written : NaN,
      now,
    );
    if (this.#closeReason !== null) {
      if (now > this.#forceCloseAt) conn.abort();
    } else if (silence > idleTimeout && !this.#outbox.closed) {
      this.#forceCloseAt = now + LINGER_TIMEOUT_MS;
      this.#closeReason = { reason: "idle-timeout", detail: `silent for ${idleTimeout / 1000} s` };
      this.#closeWithError(ErrorCode.idle, this.#closeReason).catch(() => {}); // gone already
    } else if (stall > stallTimeout) {
      this.#evict(`it took nothing of its echo for ${stallTimeout / 1000} s`);
    }
  }

  #evict(detail: string): void {
    this.#closeReason ??= { reason: "slow-reader", detail };
    this.#context.conn.abort();
  }

  /** Tells it why, and that there is nothing more to come. */
  async #closeWithError(code: ErrorCode, { reason, detail }: CloseInfo): Promise<void> {
    await this.#dialect.send(this.#outbox, Kind.error, encodeError(code, detail ?? reason));
    await this.#outbox.close();
  }

  /** Null when there is somebody to serve, or else how the connection ended. */
  async #accept(refusal: Rejection | null): Promise<CloseInfo | null> {
    const { conn } = this.#context;
    const overLimit: CloseInfo = {
      reason: "over-limit",
      ...(refusal && { detail: refusal.reason }),
    };
    const outcome = refusal?.sendError === false ? overLimit : await handshake(this.#context);
    if ("reason" in outcome) {
      if (outcome.reason !== "handshake-failed") conn.abort(); // where it failed, all is said
      return outcome;
    }
    this.#dialect = outcome;
    if (refusal === null) return null;
    await this.#closeWithError(ErrorCode.overLimit, overLimit).catch(() => {}); // gone already
    await this.#linger();
    return overLimit;
  }

  /** From the handshake to the end of the connection. */
  async #serve(): Promise<CloseInfo> {
    const { conn, room, emit, watch, stop, options: { slowReader } } = this.#context;
    const onSlow = () => this.#evict("it did not keep up with the broadcast");
    const member = new Subscriber(
      this.#outbox,
      this.#dialect,
      slowReader === "evict" ? onSlow : null,
    );
    this.#member = member;
    const farewell = new AbortController();
    const onStop = () => this.#drain(farewell.signal);
    await emit({ type: "client-connect", ...this.#eventFields(), dialect: this.#dialect.name });
    stop.addEventListener("abort", onStop, { once: true });
    if (stop.aborted) onStop();
    watch.add(this);
    try {
      await this.#welcome();
      room?.join(member);
      const ending = await this.#echoLoop();
      this.#waitingFor = "echo taken";
      await this.#outbox.close();
      this.#waitingFor = null;
      if (ending.reason !== "end") await this.#linger();
      return this.#closeReason ?? ending;
    } catch (error) {
      if (this.#outbox.hasPending) conn.abort(); // it would be kept for what nobody takes
      return this.#closeReason ?? (stop.aborted ? { reason: "shutdown" } : classifyClose(error));
    } finally {
      watch.delete(this);
      room?.leave(member);
      stop.removeEventListener("abort", onStop);
      farewell.abort();
    }
  }

  async #welcome(): Promise<void> {
    const { welcome } = this.#context.options;
    if (welcome === null) return;
    this.#waitingFor = "echo taken";
    await this.#dialect.send(this.#outbox, Kind.notice, utf8.encode(welcome));
  }

  /** Echoes until the client is done, or has broken the protocol and was told so. */
  async #echoLoop(): Promise<CloseInfo> {
    for (;;) {
      let first: Message | null;
      this.#waitingFor = "message";
      try {
        first = await this.#dialect.recv(this.#reader, this.#rules);
      } catch (error) {
        const ending = classifyClose(error);
        if (ending.code === undefined) throw error;
        this.#waitingFor = "echo taken";
        if (!this.#outbox.closed) await this.#closeWithError(ending.code, ending);
        return ending;
      }
      if (first === null) return { reason: this.#context.stop.aborted ? "shutdown" : "end" };
      const command = first.bytes <= MAX_COMMAND_BYTES
        ? commandOf(first.kind, first.payload)
        : null;
      if (this.#outbox.closed) {
        // We have said goodbye: there is no echo any more.
        for await (const _ of remainingChunks(this.#reader, first));
        continue;
      }
      if (command !== null) return await this.#runCommand(command);
      if (first.missing > 0) {
        await this.#echoStreaming(first);
      } else {
        this.#waitingFor = "echo taken";
        await this.#echo(first);
      }
    }
  }

  /** Echoes `first` and all that came with it, up to a command, in one write. */
  #echo(first: Message): Promise<void> {
    const { conn, id, room, emit } = this.#context;
    const { count, bytes } = this.#dialect.sweep(this.#reader, this.#rules, first.kind);
    const echo = count === 0 ? first.raw : this.#reader.since(first.raw);
    this.#count(1 + count, first.bytes + bytes);
    const written = this.#outbox.write(echo);
    const kept = this.#appendHistory(first.kind, echo, 1 + count);
    const payloads = () => this.#dialect.payloads(echo);
    const full = emit({ type: "messages", time: Date.now(), conn: id, peer: conn.peer, payloads });
    if (room !== null) {
      for (const payload of payloads()) room.publish(this.#member!, conn.name, payload);
    }
    if (!kept && !full) return written;
    const taken = written.then(() => void (this.#waitingFor = null)); // what is left is for us to do
    return allOf(taken, kept, full);
  }

  /** Echoes a message that is too long to be held whole. */
  async #echoStreaming(message: Message): Promise<void> {
    const { budget, emit } = this.#context;
    // All of these lie in the read buffer, which the reads below fill anew.
    const { kind, missing } = message;
    const payload = message.payload.slice();
    const bytes = payload.length + missing;
    // As one piece: what else there is to say to the client must not come in between.
    await this.#outbox.exclusive(async (sink) => {
      let written = Promise.resolve();
      let begun = 1;
      const pass = async (piece: Uint8Array) => {
        const copy = piece.slice();
        // Many a client sends all of a message before it reads any of its echo.
        const isHeld = budget.tryAcquire(copy.length);
        written = written.then(() => sink.write(copy)).finally(() => {
          if (isHeld) budget.release(copy.length);
        });
        written.catch(() => {}); // awaited below
        await this.#appendHistory(kind, copy, begun);
        begun = 0;
        if (!isHeld) await this.#awaitFlush(written);
      };
      await pass(message.raw);
      for await (const piece of remainingChunks(this.#reader, message)) await pass(piece);
      await this.#awaitFlush(written);
    });
    this.#waitingFor = null;
    this.#count(1, bytes);
    await emit({ type: "message", ...this.#eventFields(), bytes, payload });
  }

  async #awaitFlush(written: Promise<void>): Promise<void> {
    this.#waitingFor = "echo taken";
    await written;
    this.#waitingFor = "message";
  }

  /** The history is of what was said; files and pipes (kind `bytes`) leave no trace. */
  #appendHistory(kind: Kind, raw: Uint8Array, messages: number): void | Promise<void> {
    if (kind === Kind.text) return this.#history.append(raw, messages);
  }

  #count(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  async #runCommand(command: Command): Promise<CloseInfo> {
    this.#waitingFor = null;
    await this.#context.emit({ type: "command", ...this.#eventFields(), command });
    this.#waitingFor = "echo taken";
    if (command === "quit") {
      const { count, truncationNotice } = this.#history;
      // As one piece, and the last: the client counts the frames that follow.
      this.#context.room?.leave(this.#member!);
      await this.#outbox.exclusive(async (sink) => {
        if (truncationNotice !== null) {
          await this.#dialect.send(sink, Kind.notice, utf8.encode(truncationNotice));
        }
        await this.#dialect.send(sink, Kind.history, encodeCount(count));
        await this.#history.replay(sink);
      });
    }
    return { reason: command };
  }

  /** Tells the client that the server stops, and ends our side once nothing more is on its way. */
  async #drain(over: AbortSignal): Promise<void> {
    const latest = performance.now() + this.#context.options.drain / 2;
    try {
      await this.#dialect.send(
        this.#outbox,
        Kind.notice,
        utf8.encode("the server is shutting down"),
      );
      for (let before = -1; before !== this.#reader.total && performance.now() < latest;) {
        before = this.#reader.total;
        await delay(DRAIN_QUIET_MS, { signal: over });
      }
      await this.#outbox.close();
    } catch {
      // The connection ended meanwhile; its own task says why.
    }
  }

  /** Waits, but not for ever, for the client to take what we sent and to close its side. */
  async #linger(): Promise<void> {
    const timer = setTimeout(() => this.#context.conn.abort(), LINGER_TIMEOUT_MS);
    try {
      while (await this.#reader.fill(1)) this.#reader.discard(this.#reader.available);
    } catch {
      // Gone without a word, after all was said.
    } finally {
      clearTimeout(timer);
    }
  }

  #eventFields() {
    return { time: Date.now(), conn: this.#context.id, peer: this.#context.conn.peer };
  }
}

/** Settles when all have settled, with the first failure: an echo that fails must not cut a write short. */
async function allOf(...jobs: (void | Promise<void>)[]): Promise<void> {
  await Promise.allSettled(jobs);
  await Promise.all(jobs);
}
