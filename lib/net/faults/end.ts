/**
 * `truncate`, `half-close-early`, `no-close-notify` and `reset`: ends where none should be.
 *
 * @module
 */
import { FaultyConn } from "./faulty_conn.ts";

/** Ends when something is sent, and sends nothing of it. */
export class EndedConn extends FaultyConn {
  #hasEnded = false;

  /** As in `FaultyConn`. */
  override async read(view: Uint8Array): Promise<number | null> {
    try {
      return await this.inner.read(view);
    } catch (error) {
      throw this.#hasEnded ? new Error(`it was ended by --fault ${this.context.spec.name}`) : error;
    }
  }

  /** As in `FaultyConn`. */
  override async closeWrite(): Promise<void> {
    if (!this.#hasEnded) await this.inner.closeWrite();
  }

  /** As in `FaultyConn`. */
  protected override async harm(_bytes: Uint8Array): Promise<void> {
    if (this.#hasEnded) return; // what comes later is lost, too
    this.#hasEnded = true;
    const { spec, report } = this.context;
    report(this.sent);
    switch (spec.name) {
      case "half-close-early":
        return await this.inner.closeWrite();
      case "truncate":
        await this.inner.closeWrite();
        return this.inner.close();
      case "reset":
        if (!(this.inner.reset?.() ?? false)) this.inner.abort();
        return;
      default:
        this.inner.abort(); // the end of TCP alone
    }
  }
}
