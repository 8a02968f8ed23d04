/**
 * The echo loop of one client: read, take a batch, echo it in one write, until a command or the end.
 *
 * @module
 */
import { settleAll } from "../std.ts";
import { payloadsOf } from "../wire/batch.ts";
import type { Batch } from "../wire/codec.ts";
import { Kind } from "../wire/kind.ts";
import { recvMsg } from "../wire/message.ts";
import { classifyClose, type CloseInfo } from "./close_info.ts";
import { runCommand } from "./commands.ts";
import { type ConnectionContext, type ConnectionIo, eventFields } from "./connection.ts";
import type { MessagesReceived } from "./events.ts";
import type { History } from "./history.ts";
import { beginningOf, LongEcho } from "./long_echo.ts";
import type { Subscriber } from "./subscriber.ts";
import { WholeMessage } from "./whole_message.ts";

/** What a loop is made of. */
export interface LoopOptions {
  /** The connection, and what the server has for all. */
  context: ConnectionContext;
  /** Both directions of it. */
  io: ConnectionIo;
  /** Keeps its texts for `quit`. */
  history: History;
  /** Its place in the hub; null without `--broadcast`. */
  subscriber: Subscriber | null;
  /** Called before the first batch is echoed. */
  onFirstBatch: () => void | Promise<void>;
}

/** The part of a message in pieces that its event needs. */
interface LongMessage {
  echo: LongEcho;
  bytes: number;
  /** The beginning of the payload; empty where no sink wants messages. */
  beginning: Uint8Array;
  /** All of it for the others; null without `--broadcast`. */
  whole: WholeMessage | null;
}

/** Echoes one client's messages. */
export class EchoLoop {
  readonly #options: LoopOptions;
  #long: LongMessage | null = null;
  /** How many messages were echoed whole. */
  messages = 0;
  /** How many bytes of payload they had. */
  bytes = 0;

  /** Echoes nothing before `run`. */
  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /**
   * Runs until the client is done or breaks the protocol. Rejects with what reading and writing
   * reject with.
   */
  async run(): Promise<CloseInfo> {
    const { context: { monitor }, io: { reader, queue, codec }, onFirstBatch } = this.#options;
    let isFirst = true;
    for (;;) {
      let batch: Batch | null;
      try {
        batch = codec.take();
        if (batch === null) {
          // `recvMsg` would do, but one more async call costs 3 % of a short echo.
          if (await reader.fill(codec.needs)) continue;
          batch = await recvMsg(reader, codec);
        }
      } catch (error) {
        return await this.#endOf(error);
      }
      if (batch === null) return { reason: monitor.isStopping ? "shutdown" : "end" };
      if (batch.ends) {
        await this.#long?.echo.end(); // nothing more of the message comes
        return { reason: "end" };
      }
      if (isFirst) await onFirstBatch();
      isFirst = false;
      if (this.#long !== null || batch.continues) {
        // Without memory to keep all of it for the others it ends with a reason.
        const close = await this.#echoPiece(batch).then(() => null, (error) => this.#endOf(error));
        if (close !== null) return close;
      } else if (queue.closed) continue; // the server has ended its side: there is no echo any more
      else if (batch.command !== null) {
        await runCommand(this.#options, batch.command);
        return { reason: batch.command };
      } else await this.#echo(batch);
    }
  }

  /** Gives back what an echo in pieces still has of the memory. */
  close(): void {
    this.#long?.echo.abandon();
    this.#long?.whole?.release();
  }

  /** A malformed message ends the connection; the client of an echo that has begun gets no error. */
  async #endOf(error: unknown): Promise<CloseInfo> {
    const { code, ...close } = classifyClose(error);
    if (code === undefined) throw error;
    if (this.#long === null) return { ...close, code };
    await this.#long.echo.end();
    return this.#options.io.codec.canInterrupt ? { ...close, code } : close;
  }

  /** Echoes all of a batch in one write. */
  #echo(batch: Batch): Promise<void> {
    const { context: { conn, hub, sink }, io: { queue }, subscriber } = this.#options;
    this.messages += batch.count;
    this.bytes += batch.bytes;
    const written = queue.write(batch.echo);
    const kept = this.#keep(batch, batch.count);
    // Nothing is prepared for a sink that does not want messages.
    const full = sink.wantsMessages && batch.count > 0
      ? this.#emit(batch.count, batch.bytes, (visit) => batch.forEachPayload(visit))
      : undefined;
    if (subscriber !== null) {
      for (const payload of payloadsOf(batch)) {
        hub?.publish(subscriber, conn.name, batch.kind, payload);
      }
    }
    return kept || full ? settleAll(written, kept, full) : written;
  }

  /** Echoes a piece of a message that is too long to be held whole. */
  async #echoPiece(batch: Batch): Promise<void> {
    const { context, io: { queue, reader }, subscriber } = this.#options;
    const { budget, monitor, sink } = context;
    const isFirst = this.#long === null;
    if (isFirst && queue.closed) return; // all of its pieces come here, and have no echo
    this.#long ??= {
      echo: await LongEcho.begin({ queue, reader, budget, monitor }),
      bytes: 0,
      beginning: sink.wantsMessages ? beginningOf(batch) : new Uint8Array(),
      whole: subscriber && new WholeMessage(budget),
    };
    const long = this.#long;
    long.bytes += batch.bytes;
    long.whole?.add(batch);
    const written = long.echo.write(batch.echo);
    const kept = this.#keep(batch, isFirst ? 1 : 0);
    await (kept ? settleAll(written, kept) : written);
    if (batch.continues) return;
    await long.echo.end();
    this.#long = null;
    this.messages++;
    this.bytes += long.bytes;
    const { beginning, whole } = long;
    if (subscriber !== null && whole !== null) {
      context.hub?.publish(subscriber, context.conn.name, batch.kind, whole.payload());
      whole.release();
    }
    await this.#emit(1, long.bytes, (visit) => visit(beginning, 0, beginning.length));
  }

  /** As one event, if the sink wants messages. */
  #emit(
    count: number,
    bytes: number,
    forEachPayload: MessagesReceived["forEachPayload"],
  ): void | Promise<void> {
    const { context } = this.#options;
    if (!context.sink.wantsMessages) return;
    const fields = { ...eventFields(context), count, bytes, forEachPayload };
    return context.sink.emit({ type: "messages", ...fields });
  }

  /** The history is of texts. Files and pipes, which are of kind `bytes`, leave no trace. */
  #keep({ kind, echo }: Batch, messages: number): void | Promise<void> {
    if (kind === Kind.text && this.#options.io.codec.hasCommands) {
      return this.#options.history.append(echo, messages);
    }
  }
}
