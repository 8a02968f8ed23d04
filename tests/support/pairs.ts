/**
 * One pair of byte ends, as memory, TCP and TLS: the same wire test runs over all of them.
 *
 * @module
 */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import type { ByteSource } from "../../lib/wire/io.ts";
import { setNoDelay } from "../../lib/net/socket.ts";
import type { ClosableSink } from "../../lib/wire/write_queue.ts";

// The C library stays open from its first use on: before any test, or it would count as a leak of it.
setNoDelay(1);

/** One end of a connection. */
export interface End extends ByteSource, ClosableSink {
  /** Gives it back. */
  close(): void;
}

/** Two connected ends. */
export interface Pair extends Disposable {
  /** The end that connected. */
  near: End;
  /** The end that accepted. */
  far: End;
}

/** A pair in memory, each read at most `most` bytes: pull-based, like a socket. */
export function memoryPair(most = 7): Pair {
  const there = pipe(most), back = pipe(most);
  const near: End = { ...reading(back), ...writing(there), close() {} };
  const far: End = { ...reading(there), ...writing(back), close() {} };
  return { near, far, [Symbol.dispose]() {} };
}

interface Pipe {
  pieces: Uint8Array[];
  ended: boolean;
  most: number;
  wake: () => void;
}

function pipe(most: number): Pipe {
  return { pieces: [], ended: false, most, wake() {} };
}

function reading(from: Pipe): ByteSource {
  return {
    async read(view) {
      while (from.pieces.length === 0 && !from.ended) {
        await new Promise<void>((resolve) => from.wake = resolve);
      }
      const piece = from.pieces[0];
      if (piece === undefined) return null;
      const count = Math.min(view.length, piece.length, from.most);
      view.set(piece.subarray(0, count));
      if (count === piece.length) from.pieces.shift();
      else from.pieces[0] = piece.subarray(count);
      return count;
    },
  };
}

function writing(to: Pipe): ClosableSink {
  return {
    write(bytes) {
      if (bytes.length > 0) to.pieces.push(bytes.slice());
      to.wake();
      return Promise.resolve();
    },
    closeWrite() {
      to.ended = true;
      to.wake();
      return Promise.resolve();
    },
  };
}

/** A pair over loopback TCP. */
export async function tcpPair(): Promise<Pair> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  return socketPair(near, far);
}

let identity: Promise<{ authority: string; cert: string; key: string }> | undefined;

/** A certificate for localhost and the authority that signed it, made once for all tests of a file. */
export function testIdentity(): Promise<{ authority: string; cert: string; key: string }> {
  return identity ??= (async () => {
    const authority = await makeAuthority(new Date());
    const leaf = await makeLeaf(authority, ["localhost", "127.0.0.1", "::1"], new Date());
    return { authority: authority.cert, ...leaf };
  })();
}

/** A pair over loopback TLS, both handshakes done. */
export async function tlsPair(): Promise<Pair> {
  const { authority, cert, key } = await testIdentity();
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const [near, far] = await Promise.all([
    Deno.connectTls({ hostname: "127.0.0.1", port: listener.addr.port, caCerts: [authority] }),
    listener.accept(),
  ]);
  await Promise.all([near.handshake(), far.handshake()]);
  return socketPair(near, far);
}

function socketPair(near: Deno.Conn, far: Deno.Conn): Pair {
  const [nearEnd, farEnd] = [socketEnd(near), socketEnd(far)];
  return {
    near: nearEnd,
    far: farEnd,
    [Symbol.dispose]() {
      nearEnd.close();
      farEnd.close();
    },
  };
}

function socketEnd(conn: Deno.Conn): End {
  return {
    read: (view) => conn.read(view),
    async write(bytes) {
      let written = 0;
      while (written < bytes.length) written += await conn.write(bytes.subarray(written));
    },
    closeWrite: () => conn.closeWrite(),
    close() {
      try {
        conn.close();
      } catch {
        // closed before
      }
    },
  };
}

/** Each kind of pair by its name, in both roles. */
export const PAIRS: [string, () => Promise<Pair>][] = [
  ["memory", () => Promise.resolve(memoryPair())],
  ["TCP", tcpPair],
  ["TCP, roles swapped", async () => swap(await tcpPair())],
  ["TLS", tlsPair],
  ["TLS, roles swapped", async () => swap(await tlsPair())],
];

function swap({ near, far, [Symbol.dispose]: dispose }: Pair): Pair {
  return { near: far, far: near, [Symbol.dispose]: dispose };
}
