/**
 * Peers that stall, drip, truncate, reset, lie, and never read. Those that get as far as TLS are a
 * `Peer` of service.ts, which can say anything.
 *
 * @module
 */
import { delay } from "../../lib/std.ts";

/** How a connection ended, seen from here: in order, or with an error; and the bytes before that. */
export interface End {
  /** What came before it. */
  bytes: Uint8Array;
  /** What ended it, or null when it was an end in order. */
  error: Error | null;
}

/** A TCP connection that says what it is told and no more. */
export class BadPeer implements Disposable {
  readonly #conn: Deno.TcpConn;
  #over = false;
  /** How it ended. It reads all the time, until then. */
  readonly end: Promise<End>;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.end = this.#read().finally(() => this.#over = true);
  }

  /** Connects to `::1`. */
  static async connect(port: number): Promise<BadPeer> {
    return new BadPeer(await Deno.connect({ hostname: "::1", port }));
  }

  /** Its own port. */
  get port(): number {
    return this.#conn.localAddr.port;
  }

  /** Sends bytes as they are. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Sends one byte every `interval` milliseconds until it is ended. */
  async drip(bytes: Uint8Array, interval: number): Promise<void> {
    for (let i = 0; i < bytes.length && !this.#over; i++) {
      await this.send(bytes.subarray(i, i + 1)).catch(() => {}); // ended
      await delay(interval);
    }
  }

  /** Leaves. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // closed before
    }
  }

  async #read(): Promise<End> {
    const bytes: number[] = [];
    const piece = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const count = await this.#conn.read(piece);
        if (count === null) return { bytes: new Uint8Array(bytes), error: null };
        bytes.push(...piece.subarray(0, count));
      }
    } catch (error) {
      return { bytes: new Uint8Array(bytes), error: error as Error };
    }
  }
}

/** What a client says first when it wants TLS: recorded, not made up. */
export async function clientHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using near = await Deno.connect({ hostname: "127.0.0.1", port });
  using far = await listener.accept();
  const tls = await Deno.startTls(near, { hostname: "localhost", alpnProtocols: ["echo/1"] });
  const handshake = tls.handshake().catch(() => {});
  const hello = new Uint8Array(4096);
  const count = await far.read(hello);
  tls.close();
  far.close();
  await handshake;
  return hello.slice(0, count!);
}

/**
 * Has a connection of this process end with a reset. Deno has no word for it, and the end of stream
 * that its `close` sends would come first.
 */
export function reset({ localAddr }: Deno.TcpConn): void {
  resetAll("getsockname", localAddr.port);
}

/** The same for all connections to a port. */
export function resetAllTo(port: number): void {
  resetAll("getpeername", port);
}

const MAX_DESCRIPTOR = 32 * 1024;

function resetAll(end: "getsockname" | "getpeername", port: number): void {
  const libc = Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  });
  const name = new Uint8Array(128);
  // Other tests of this process may have thousands open.
  for (let descriptor = 3; descriptor < MAX_DESCRIPTOR; descriptor++) {
    const failed = libc.symbols[end](descriptor, name, new Uint32Array([name.length]));
    if (failed !== 0 || (name[2]! << 8 | name[3]!) !== port) continue;
    libc.symbols.connect(descriptor, new Uint8Array(16), 16); // AF_UNSPEC: to nobody any more
  }
  libc.close();
}
