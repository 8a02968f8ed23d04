/**
 * What Deno cannot say to a socket, said through the system's C library. Everything works without
 * it, where FFI is not granted or the system is another one; only slower, and peers that do not
 * want to leave keep their sockets.
 *
 * @module
 */

/** Where the C library lies; `deno.json` grants exactly these. */
const LIBC: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
  ],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

/** The numbers behind the names, which differ between systems. */
const { SOL_SOCKET, SO_ACCEPTCONN, AF_INET6 } = Deno.build.os === "darwin"
  ? { SOL_SOCKET: 0xffff, SO_ACCEPTCONN: 2, AF_INET6: 30 }
  : { SOL_SOCKET: 1, SO_ACCEPTCONN: 30, AF_INET6: 10 };
const AF_INET = 2;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_RDWR = 2;
const POLLNVAL = 0x20;

const SYMBOLS = {
  fclose: { parameters: ["pointer"], result: "i32" },
  fopen: { parameters: ["buffer", "buffer"], result: "pointer" },
  fread: { parameters: ["buffer", "usize", "usize", "pointer"], result: "usize" },
  getdtablesize: { parameters: [], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
} as const;

/** The C library, as much of it as is used here. */
type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** A connection, by its two ends. */
export interface FourTuple {
  /** Ours. */
  readonly localAddr: Deno.NetAddr;
  /** The other one. */
  readonly remoteAddr: Deno.NetAddr;
}

/**
 * Has every connection that comes in on `port` send small writes at once (TCP_NODELAY), instead of
 * waiting for the acknowledgement of the one before: Deno.listenTls cannot, but connections inherit
 * it from the listening socket. Returns whether it worked.
 */
export function setNoDelay(port: number): boolean {
  const libc = openLibc();
  if (libc === null) return false;
  const on = new Int32Array([1]);
  const set = (listener: number) =>
    libc.setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, on, on.byteLength) === 0;
  const listeners = listenersOn(port, libc);
  return listeners.length > 0 && listeners.every(set);
}

const pendingShutdowns: FourTuple[] = [];

/**
 * Ends a connection in both directions, whatever is under way on it. `TlsConn.close()` alone leaves
 * the socket open while a handshake is pending or the peer does not read. All that are given within
 * one turn are looked for together: Deno does not tell descriptors, and so each is asked.
 */
export function shutdownSocket(ends: FourTuple): void {
  if (pendingShutdowns.push(ends) > 1) return;
  queueMicrotask(() => {
    const connections = pendingShutdowns.splice(0);
    const libc = openLibc();
    if (libc !== null) shutdownAll(connections, libc);
  });
}

function shutdownAll(connections: FourTuple[], libc: Libc): void {
  const wanted = new Set(
    connections.map(({ localAddr, remoteAddr }) =>
      `${netAddrKey(remoteAddr, libc)} ${netAddrKey(localAddr, libc)}`
    ),
  );
  const ports = new Set(connections.map(({ remoteAddr }) => remoteAddr.port));
  for (const descriptor of openDescriptors(libc)) {
    const peer = sockaddrOf(descriptor, libc.getpeername);
    if (peer === null || !ports.has(portOf(peer))) continue; // most: it has to be quick
    const far = sockaddrKey(peer);
    const own = sockaddrOf(descriptor, libc.getsockname);
    if (own === null || !wanted.has(`${far} ${sockaddrKey(own)}`)) continue;
    libc.shutdown(descriptor, SHUT_RDWR);
  }
}

let opened: Libc | null = null;

/** Opened once, since that takes 2 ms, and open from then on; null where it is not to be had. */
function openLibc(): Libc | null {
  if (opened !== null) return opened;
  for (const path of LIBC[Deno.build.os] ?? []) {
    try {
      return opened = Deno.dlopen(path, SYMBOLS).symbols;
    } catch {
      // not there, or not granted
    }
  }
  return null;
}

/** The descriptors that listen on `port`. */
function listenersOn(port: number, libc: Libc): number[] {
  const accepts = new Int32Array(1);
  const size = new Uint32Array([accepts.byteLength]);
  return openDescriptors(libc).filter((descriptor) => {
    const own = sockaddrOf(descriptor, libc.getsockname);
    if (own === null || portOf(own) !== port) return false;
    accepts[0] = 0;
    libc.getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, accepts, size);
    return accepts[0] === 1;
  });
}

/**
 * How far descriptors go. As many as a process may have can be a million, and in a container a
 * thousand times that: to ask each of them takes longer than clients wait. Linux tells how many it
 * has made room for.
 */
function descriptorTableSize(libc: Libc): number {
  const status = libc.fopen(cString("/proc/self/status"), cString("r"));
  if (status === null) return libc.getdtablesize();
  const text = new Uint8Array(4096);
  const count = Number(libc.fread(text, 1n, BigInt(text.length), status));
  libc.fclose(status);
  const size = /^FDSize:\s*(\d+)$/m.exec(new TextDecoder().decode(text.subarray(0, count)))?.[1];
  return size === undefined ? libc.getdtablesize() : Number(size);
}

/** How many descriptors are asked about with one call. */
const POLL_BATCH = 1024;

/** All descriptors that are open: those of which `poll` does not say that there is none (POLLNVAL). */
function openDescriptors(libc: Libc): number[] {
  const open: number[] = [];
  const most = descriptorTableSize(libc);
  const asked = new Int32Array(2 * POLL_BATCH); // struct pollfd: an int, and two shorts
  const answers = new Uint16Array(asked.buffer);
  for (let first = 0; first < most; first += POLL_BATCH) {
    const count = Math.min(POLL_BATCH, most - first);
    asked.fill(0);
    for (let i = 0; i < count; i++) asked[2 * i] = first + i;
    libc.poll(asked, BigInt(count), 0);
    for (let i = 0; i < count; i++) {
      if ((answers[4 * i + 3]! & POLLNVAL) === 0) open.push(first + i);
    }
  }
  return open;
}

const name = new Uint8Array(128);
const size = new Uint32Array(1);

/**
 * What one of the two calls says of a descriptor, a `sockaddr`, valid until the next one; null when
 * it is no such socket.
 */
function sockaddrOf(descriptor: number, call: Libc["getpeername"]): Uint8Array | null {
  size[0] = name.length;
  return call(descriptor, name, size) === 0 ? name.subarray(0, size[0]) : null;
}

/** The port stands at the same place for IPv4 and IPv6, big-endian, on all systems. */
function portOf(name: Uint8Array): number {
  return name[2]! << 8 | name[3]!;
}

const LENGTH_OF_IPV4 = 16;

function sockaddrKey(name: Uint8Array): string {
  const address = name.length === LENGTH_OF_IPV4 ? name.subarray(4, 8) : name.subarray(8, 24);
  return `${address} ${portOf(name)}`;
}

/** The same for an address as Deno writes it. */
function netAddrKey({ hostname, port }: Deno.NetAddr, libc: Libc): string {
  const isV6 = hostname.includes(":");
  const address = new Uint8Array(isV6 ? 16 : 4);
  libc.inet_pton(isV6 ? AF_INET6 : AF_INET, cString(hostname), address);
  return `${address} ${port}`;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
