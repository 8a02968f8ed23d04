/**
 * `stall` and `never-read`: a connection that stays, and does nothing.
 *
 * @module
 */
import { FaultyConn } from "./faulty_conn.ts";

/** Takes what is to be sent, sends nothing of it, and stays connected as long as the program runs. */
export class StalledConn extends FaultyConn {
  #isStalled = false;

  /** As in `FaultyConn`. */
  override async closeWrite(): Promise<void> {
    if (!this.#isStalled) await this.inner.closeWrite();
  }

  /** As in `FaultyConn`. */
  override close(): void {
    if (!this.#isStalled) this.inner.close();
  }

  /** As in `FaultyConn`. */
  protected override harm(_bytes: Uint8Array): Promise<void> {
    if (!this.#isStalled) this.context.report(this.sent);
    this.#isStalled = true;
    return Promise.resolve();
  }
}

/** Reads nothing, until it is closed. */
export class DeafConn extends FaultyConn {
  readonly #closed = Promise.withResolvers<null>();
  #isReported = false;

  /** As in `FaultyConn`. */
  override read(_view: Uint8Array): Promise<number | null> {
    if (!this.#isReported) this.context.report(this.sent);
    this.#isReported = true;
    return this.#closed.promise;
  }

  /** As in `FaultyConn`. */
  override close(): void {
    this.#closed.resolve(null);
    super.close();
  }

  /** As in `FaultyConn`. */
  override abort(): void {
    this.#closed.resolve(null);
    super.abort();
  }

  /** As in `FaultyConn`. */
  protected override harm(bytes: Uint8Array): Promise<void> {
    return this.inner.write(bytes);
  }
}
