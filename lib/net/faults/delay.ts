/**
 * `delay=TIME` and `jitter=TIME`: what is sent comes later.
 *
 * @module
 */
import { delay } from "../../std.ts";
import { FaultyConn } from "./faulty_conn.ts";

/** Holds back each write. */
export class DelayedConn extends FaultyConn {
  /** As in `FaultyConn`. */
  protected override async harm(bytes: Uint8Array): Promise<void> {
    const { spec, random, report } = this.context;
    report(this.sent);
    await delay(spec.name === "jitter" ? Math.floor(random() * spec.value) : spec.value);
    await this.inner.write(bytes);
  }
}
