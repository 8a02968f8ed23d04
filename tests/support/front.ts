/**
 * Somebody in between: each connection to its port is led on to where the test says.
 *
 * @module
 */

/** Takes connections on a port of `::1`; the first goes to the first of `ports`, and so on. */
export class Front implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "::1", port: 0 });
  readonly #conns: Deno.Conn[] = [];
  readonly #relays: Promise<void>[] = [];
  readonly #accepted: Promise<void>;

  /** The last of `ports` takes all that come after. `change` may spoil what a server says. */
  constructor(ports: number[], change: (bytes: Uint8Array, count: number) => void = () => {}) {
    this.#accepted = this.#accept(ports, change);
  }

  /** Where to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many have come. */
  count = 0;

  async #accept(ports: number[], change: (bytes: Uint8Array, count: number) => void) {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "::1", port: ports[this.count] ?? ports.at(-1)! });
      const count = ++this.count;
      this.#conns.push(near, far);
      this.#relays.push(
        carry(near, far, () => {}),
        carry(far, near, (bytes) => change(bytes, count)),
      );
    }
  }

  /** Cuts what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepted;
    this.#conns.forEach((conn) => conn.close());
    await Promise.all(this.#relays);
  }
}

async function carry(from: Deno.Conn, to: Deno.Conn, change: (bytes: Uint8Array) => void) {
  const piece = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await from.read(piece);
      if (count === null) return await to.closeWrite();
      const bytes = piece.subarray(0, count);
      change(bytes);
      for (let sent = 0; sent < count;) sent += await to.write(bytes.subarray(sent));
    }
  } catch {
    // One of the two has gone.
  }
}
