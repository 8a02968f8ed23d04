/**
 * A line of a certain rate to a port of 127.0.0.1, on which packets can vanish.
 *
 * @module
 */

/** How often the line carries something, in milliseconds. */
const TICK_MS = 10;

/** Carries any number of connections. */
export class Throttle implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  /** Whether everything vanishes, in both directions. */
  isSilent = false;

  /** Leads to `port`, with so many bytes a second in each direction. */
  constructor(port: number, bytesPerSecond: number) {
    void this.#accept(port, bytesPerSecond);
  }

  /** Where to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async #accept(port: number, rate: number): Promise<void> {
    try {
      for (;;) {
        const near = await this.#listener.accept();
        const far = await Deno.connect({ hostname: "127.0.0.1", port });
        this.#conns.add(near).add(far);
        void this.#carry(near, far, rate);
        void this.#carry(far, near, rate);
      }
    } catch {
      // closed
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn, rate: number): Promise<void> {
    const buffer = new Uint8Array(Math.min(64 * 1024, Math.ceil(rate * TICK_MS / 1000)));
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (this.isSilent) continue;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
        if (rate < Infinity) {
          await new Promise((resolve) => setTimeout(resolve, 1000 * count / rate));
        }
      }
    } catch {
      // one end is gone
    }
    for (const conn of [from, to]) this.#close(conn);
  }

  #close(conn: Deno.Conn): void {
    if (!this.#conns.delete(conn)) return;
    conn.close();
  }

  /** Cuts it. */
  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of [...this.#conns]) this.#close(conn);
  }
}
