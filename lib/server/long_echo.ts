/**
 * The echo of a message that is too long to be held whole, piece by piece, as it comes.
 *
 * @module
 */
import type { ByteReader } from "../wire/reader.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import type { Turn, WriteQueue } from "../wire/write_queue.ts";
import type { IdleMonitor } from "./idle_monitor.ts";

/** What an echo in pieces needs. */
export interface LongEchoContext {
  /** The connection's writes. */
  queue: WriteQueue;
  /** Its pieces lie in the buffer of this reader. */
  reader: ByteReader;
  /** The memory for pieces that the client does not take at once. */
  budget: MemoryBudget;
  /** Its tick ends the wait for a client that does not read. */
  monitor: IdleMonitor;
}

/**
 * Writes pieces in one turn of the queue, so that nothing comes between them. A client may send all
 * of a message before it reads any of its echo (docs/protocol.md). To wait for each write would
 * stop both sides for ever, so after a tick the server reads on, and later pieces wait in memory.
 */
export class LongEcho {
  readonly #context: LongEchoContext;
  readonly #turn: Turn;
  /** Settles when all pieces so far are written. */
  #written: Promise<void> = Promise.resolve();
  /** How many pieces wait for the client, and how much of the budget they have. */
  #waiting = 0;
  #acquired = 0;

  private constructor(context: LongEchoContext, turn: Turn) {
    this.#context = context;
    this.#turn = turn;
  }

  /** Begins an echo when its turn to write comes. Rejects when an earlier write has failed. */
  static async begin(context: LongEchoContext): Promise<LongEcho> {
    return new LongEcho(context, await context.queue.turn());
  }

  /** Writes a piece. Once it settles the read buffer may be filled again. */
  async write(piece: Uint8Array): Promise<void> {
    const { budget, monitor, reader } = this.#context;
    const { sink } = this.#turn;
    if (this.#waiting === 0) {
      const written = sink.write(piece);
      const isWritten = written.then(() => true);
      isWritten.catch(() => {}); // where the tick comes first, `end` reports it
      if (await Promise.race([isWritten, monitor.tick().then(() => false)])) return;
      if (!budget.tryAcquire(piece.length)) return await written;
      reader.detach();
      this.#wait(written, piece.length);
    } else if (budget.tryAcquire(piece.length)) {
      const copy = piece.slice();
      this.#wait(this.#written.then(() => sink.write(copy)), piece.length);
    } else {
      await this.#written;
      await sink.write(piece);
    }
  }

  #wait(written: Promise<void>, bytes: number): void {
    this.#waiting++;
    this.#acquired += bytes;
    this.#written = written.then(() => {
      this.#waiting--;
      this.#release(Math.min(bytes, this.#acquired));
    });
    this.#written.catch(() => {}); // `end` reports it
  }

  #release(bytes: number): void {
    this.#acquired -= bytes;
    this.#context.budget.release(bytes);
  }

  /** Ends the turn when all pieces are written. Rejects when one could not be. */
  async end(): Promise<void> {
    this.#turn.end(this.#written);
    await this.#written;
  }

  /** Gives the memory back at once: the connection is gone, and a write to it may never settle. */
  abandon(): void {
    this.#release(this.#acquired);
  }
}
