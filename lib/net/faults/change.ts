/**
 * `corrupt`, `drop` and `duplicate`: other bytes than those that were written, once in a connection.
 *
 * @module
 */
import { concat } from "../../std.ts";
import { FaultyConn } from "./faulty_conn.ts";
import type { FaultName } from "./spec.ts";

/** Changes the first write that it harms, or more of them where one is not enough. */
export class ChangedConn extends FaultyConn {
  #isDone = false;
  #dropped = 0;

  /** As in `FaultyConn`. */
  protected override async harm(bytes: Uint8Array): Promise<void> {
    await this.inner.write(this.#isDone ? bytes : this.#change(this.context.spec.name, bytes));
  }

  #change(name: FaultName, bytes: Uint8Array): Uint8Array {
    const { spec, random, report } = this.context;
    report(this.sent);
    if (name === "drop") {
      const count = Math.min(bytes.length, spec.value - this.#dropped);
      this.#dropped += count;
      this.#isDone = this.#dropped === spec.value;
      return bytes.subarray(count);
    }
    this.#isDone = true;
    if (name === "duplicate") return concat([bytes, bytes]);
    const changed = bytes.slice();
    changed[0]! ^= 1 << Math.floor(random() * 8);
    return changed;
  }
}
