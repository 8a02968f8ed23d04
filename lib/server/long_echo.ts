/**
 * The echo of a message that is too long to be held whole, piece by piece, as it comes.
 *
 * @module
 */
import { payloadsOf } from "../wire/batch.ts";
import type { Batch } from "../wire/codec.ts";
import type { ByteReader } from "../wire/reader.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";
import type { Turn, WriteQueue } from "../wire/write_queue.ts";
import type { ConnectionMonitor, Ticking } from "./connection_monitor.ts";
import { EVENT_PAYLOAD_LIMIT } from "./options.ts";

/** What a piece that waits costs besides its bytes, in bytes, roughly: a client chooses its size. */
const PER_PIECE_OVERHEAD = 512;

/** What an echo in pieces needs. */
export interface LongEchoContext {
  /** The connection's writes. */
  queue: WriteQueue;
  /** Its pieces lie in the buffer of this reader. */
  reader: ByteReader;
  /** The memory for pieces that the client does not take at once. */
  budget: MemoryBudget;
  /** Its tick ends the wait for a client that does not read. */
  monitor: ConnectionMonitor;
}

/**
 * Writes pieces in one turn of the queue, so that nothing comes between them. A client may send all
 * of a message before it reads any of its echo (docs/protocol.md). To wait for each write would
 * stop both sides for ever. So after a tick the server reads on, and later pieces wait in memory.
 */
export class LongEcho implements Ticking {
  readonly #context: LongEchoContext;
  readonly #turn: Turn;
  /** Settles when all pieces so far are written. */
  #written: Promise<void> = Promise.resolve();
  /** How many pieces wait for the client, and how much of the budget they have. */
  #waiting = 0;
  #acquired = 0;
  /** Leaves the read buffer to the write that is under way from it. */
  #leaveBuffer: (() => void) | null = null;
  /** Whether that write was under way at the last tick. */
  #isOld = false;

  private constructor(context: LongEchoContext, turn: Turn) {
    this.#context = context;
    this.#turn = turn;
    context.monitor.startTicking(this);
  }

  /** Begins an echo when its turn to write comes. Rejects when an earlier write has failed. */
  static async begin(context: LongEchoContext): Promise<LongEcho> {
    return new LongEcho(context, await context.queue.turn());
  }

  /** Writes a piece. Once it settles the read buffer may be filled again. */
  write(piece: Uint8Array): Promise<void> {
    if (this.#waiting === 0) return this.#writeInPlace(piece);
    const cost = piece.length + PER_PIECE_OVERHEAD;
    if (!this.#context.budget.tryAcquire(cost)) {
      return this.#written.then(() => this.#writeInPlace(piece));
    }
    const copy = piece.slice();
    this.#wait(this.#written.then(() => this.#turn.sink.write(copy)), cost);
    return Promise.resolve();
  }

  /** As in `Ticking`: a write that is older than a tick leaves the read buffer. */
  onTick(): void {
    if (this.#isOld) this.#leaveBuffer?.();
    this.#isOld = this.#leaveBuffer !== null;
  }

  /** Writes a piece that lies in the read buffer; a tick hands the buffer over to the write. */
  #writeInPlace(piece: Uint8Array): Promise<void> {
    const written = this.#turn.sink.write(piece);
    // One promise for each piece: a race of two costs 3 % of a long message.
    return new Promise((resolve, reject) => {
      this.#isOld = false;
      this.#leaveBuffer = () => {
        const cost = piece.length + PER_PIECE_OVERHEAD;
        if (!this.#context.budget.tryAcquire(cost)) return;
        this.#leaveBuffer = null;
        this.#context.reader.detach();
        this.#wait(written, cost);
        resolve();
      };
      written.then(() => {
        this.#leaveBuffer = null;
        resolve();
      }, reject);
    });
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
    this.#context.monitor.stopTicking(this);
    this.#turn.end(this.#written);
    await this.#written;
  }

  /** Gives the memory back at once: the connection is gone, and a write to it may never settle. */
  abandon(): void {
    this.#context.monitor.stopTicking(this);
    this.#release(this.#acquired);
  }
}

/** The beginning of a message for its event: a copy, since the piece lies in the read buffer. */
export function beginningOf(piece: Batch): Uint8Array {
  const [payload = new Uint8Array()] = payloadsOf(piece);
  return payload.slice(0, EVENT_PAYLOAD_LIMIT);
}
