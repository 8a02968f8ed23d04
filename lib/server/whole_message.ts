/**
 * A message that is echoed in pieces, kept as a whole for a broadcast.
 *
 * @module
 */
import type { Batch } from "../wire/codec.ts";
import { MemoryLimitExceeded } from "../wire/errors.ts";
import { GrowingBuffer } from "../wire/growing_buffer.ts";
import type { MemoryBudget } from "../wire/memory_budget.ts";

/** A copy of its pieces, counted in the budget of long messages. */
export class WholeMessage {
  readonly #budget: MemoryBudget;
  readonly #buffer = new GrowingBuffer();
  #acquired = 0;

  /** Of no pieces yet. */
  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Adds what a batch has of the message. Throws `MemoryLimitExceeded` without room for it. */
  add(batch: Batch): void {
    const missing = this.#buffer.capacityFor(batch.bytes) - this.#acquired;
    if (!this.#budget.tryAcquire(missing)) throw new MemoryLimitExceeded();
    this.#acquired += missing;
    batch.forEachPayload((bytes, start, end) => this.#buffer.append(bytes.subarray(start, end)));
  }

  /** All of it, as a view. */
  payload(): Uint8Array {
    return this.#buffer.bytes;
  }

  /** Gives the memory back. */
  release(): void {
    this.#budget.release(this.#acquired);
    this.#acquired = 0;
  }
}
