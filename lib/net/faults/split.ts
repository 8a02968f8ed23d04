/**
 * `split=SIZE` and `drip`: one write becomes many.
 *
 * @module
 */
import { delay } from "../../std.ts";
import { FaultyConn } from "./faulty_conn.ts";

/** The pause after each byte of a drip, in milliseconds: so that each has a packet of its own. */
const DRIP_PAUSE_MS = 1;

/** Sends pieces. */
export class SplitConn extends FaultyConn {
  /** As in `FaultyConn`. */
  protected override async harm(bytes: Uint8Array): Promise<void> {
    const { spec, report } = this.context;
    report(this.sent);
    const isDrip = spec.name === "drip";
    const size = isDrip ? 1 : spec.value;
    for (let at = 0; at < bytes.length; at += size) {
      await this.inner.write(bytes.subarray(at, at + size));
      if (isDrip) await delay(DRIP_PAUSE_MS);
    }
  }
}
