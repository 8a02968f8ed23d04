/**
 * A cable between a client and a server that can be cut: what TLS ends politely, a cable does not.
 *
 * @module
 */

/** Relays bytes from a port of its own to another port of `::1`. */
export class Cable implements Disposable {
  readonly #listener = Deno.listen({ hostname: "::1", port: 0 });
  readonly #conns: Deno.TcpConn[] = [];
  readonly #relayed: Promise<void>;
  readonly #over = Promise.withResolvers<void>();

  /** Leads to `port`; carries one connection. */
  constructor(port: number) {
    this.#relayed = this.#relay(port).catch(() => {}); // cut
  }

  /** Where to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** The connection that the server sees, once there is one. */
  get far(): Deno.TcpConn {
    return this.#conns[1]!;
  }

  /** Settles when it carries nothing any more, in either direction. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Cuts it: both ends see the other one vanish, without close_notify. */
  async cut(): Promise<void> {
    this[Symbol.dispose]();
    await this.#relayed;
  }

  /** Cuts it, if that has not been done. */
  [Symbol.dispose](): void {
    for (const closable of [this.#listener, ...this.#conns]) {
      try {
        closable.close();
      } catch {
        // closed before
      }
    }
  }

  async #relay(port: number): Promise<void> {
    const near = await this.#listener.accept();
    this.#conns.push(near);
    const far = await Deno.connect({ hostname: "::1", port });
    this.#conns.push(far);
    const ways = [carry(near, far), carry(far, near)];
    Promise.allSettled(ways).then(() => this.#over.resolve());
    await Promise.all(ways);
  }
}

async function carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const piece = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await from.read(piece);
    if (count === null) return await to.closeWrite();
    for (let sent = 0; sent < count;) sent += await to.write(piece.subarray(sent, count));
  }
}
