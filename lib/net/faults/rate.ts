/**
 * `rate=SIZE`: so many bytes a second.
 *
 * @module
 */
import { delay } from "../../std.ts";
import { FaultyConn } from "./faulty_conn.ts";

/** How many pieces a second has. */
const PIECES = 20;

/** Sends a piece, and waits as long as it should take. */
export class SlowConn extends FaultyConn {
  /** As in `FaultyConn`. */
  protected override async harm(bytes: Uint8Array): Promise<void> {
    const { spec, report } = this.context;
    report(this.sent);
    const size = Math.max(1, Math.floor(spec.value / PIECES));
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      await this.inner.write(piece);
      await delay(piece.length * 1000 / spec.value);
    }
  }
}
