/**
 * A message that is echoed in pieces, kept as a whole for a broadcast.
 *
 * @module
 */
import { concat } from "../std.ts";
import type { Batch } from "../wire/codec.ts";
import { MemoryLimitExceeded } from "../wire/errors.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";

/** Copies of its pieces, counted in the budget of long messages. */
export class WholeMessage {
  readonly #budget: MemoryBudget;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Of no pieces yet. */
  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Adds what a batch has of the message. Throws `MemoryLimitExceeded` without room for it. */
  add(batch: Batch): void {
    if (!this.#budget.tryAcquire(batch.bytes)) throw new MemoryLimitExceeded();
    this.#bytes += batch.bytes;
    batch.forEachPayload((bytes, start, end) => void this.#pieces.push(bytes.slice(start, end)));
  }

  /** All of it. */
  payload(): Uint8Array {
    return concat(this.#pieces);
  }

  /** Gives the memory back. */
  release(): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }
}
