/**
 * A broadcast in the bytes of one dialect, which all its subscribers share.
 *
 * @module
 */
import type { MemoryBudget } from "../wire/memory_budget.ts";
import { EVENT_PAYLOAD_LIMIT } from "./options.ts";

/**
 * Counts the subscribers that still need the bytes. Those of a long message are counted in the budget
 * of all long messages, once, for as long as one subscriber has not written them.
 */
export class SharedMessage {
  readonly #budget: MemoryBudget;
  readonly #cost: number;
  #holders = 0;
  /** Whether it is longer than 64 KiB. */
  readonly isLong: boolean;

  /** A short message costs nothing here: each subscriber's queue has a bound for those. */
  constructor(readonly bytes: Uint8Array, budget: MemoryBudget) {
    this.#budget = budget;
    this.isLong = bytes.length > EVENT_PAYLOAD_LIMIT;
    this.#cost = this.isLong ? bytes.length : 0;
  }

  /** Keeps the bytes for one more holder; false where the budget has too little for them. */
  tryHold(): boolean {
    if (this.#holders === 0 && !this.#budget.tryAcquire(this.#cost)) return false;
    this.#holders++;
    return true;
  }

  /** One holder does not need the bytes any more. */
  release(): void {
    if (--this.#holders === 0) this.#budget.release(this.#cost);
  }
}
