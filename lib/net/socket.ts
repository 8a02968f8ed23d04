/**
 * setsockopt and shutdown through libc, which Deno does not expose. Optional: without FFI small
 * writes are slower, and sockets of unresponsive peers stay open.
 *
 * @module
 */
import { delay } from "../std.ts";
import { descriptorBatches } from "./descriptors.ts";
import { cString, type Libc, openLibc } from "./libc.ts";

/** Constants that differ between systems. */
const { SOL_SOCKET, SO_ACCEPTCONN, SO_REUSEPORT, AF_INET6 } = Deno.build.os === "darwin"
  ? { SOL_SOCKET: 0xffff, SO_ACCEPTCONN: 2, SO_REUSEPORT: 0x200, AF_INET6: 30 }
  : { SOL_SOCKET: 1, SO_ACCEPTCONN: 30, SO_REUSEPORT: 15, AF_INET6: 10 };
const AF_INET = 2;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_RDWR = 2;

/** The two ends of a connection, which identify it. */
export interface FourTuple {
  /** This end. */
  readonly localAddr: Deno.NetAddr;
  /** The other end. */
  readonly remoteAddr: Deno.NetAddr;
}

/**
 * Sets TCP_NODELAY on the listening socket of `port`, so that small writes do not wait for an
 * acknowledgement. Accepted connections inherit it; Deno.listenTls has no option for it. Returns
 * whether it worked.
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

/**
 * Allows a second socket on the port of our listening sockets (SO_REUSEPORT), also one of another
 * process of the same user. A renewed certificate needs a second listener for a moment. It cannot be
 * taken back: Linux keeps the permission with the port.
 */
export function allowReusePort(port: number): void {
  const libc = openLibc();
  if (libc === null) return;
  const on = new Int32Array([1]);
  for (const listener of listenersOn(port, libc)) {
    libc.setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, on, on.byteLength);
  }
}

/** Whether `allowReusePort` can work: it needs FFI. */
export function canShareLater(): boolean {
  return openLibc() !== null;
}

/**
 * The share of the time that searches for descriptors may take. A search asks the system about each
 * open descriptor, and a hostile network makes connections by the thousand that have to be shut down.
 */
const SEARCH_SHARE = 0.05;

/** So much of that time, in milliseconds, is saved while nothing is searched: for a few at once. */
const SAVED_MS = 2_000;

let pending: FourTuple[] = [];
let isSearching = false;
/** When the next search may begin, on the clock of `performance.now()`. */
let nextSearch = -Infinity;

/**
 * Shuts a connection down in both directions. `TlsConn.close()` alone leaves the socket open while
 * a handshake is pending or the peer does not read. Deno does not tell descriptors, so all open
 * ones are searched: at once, or after many searches a little later, for many connections together.
 */
export function shutdownSocket(ends: FourTuple): void {
  pending.push(ends);
  if (!isSearching) void shutdownPending();
}

/**
 * Resets a connection: the peer gets an error instead of an end, as when a program is killed that has
 * not read everything. Returns whether it could; that needs FFI.
 */
export function resetSocket(ends: FourTuple): boolean {
  const libc = openLibc();
  if (libc === null) return false;
  const isWanted = matcher([ends], libc);
  const descriptors = [...descriptorBatches(libc)].flatMap((batch) => batch()).filter(isWanted);
  // To no address (AF_UNSPEC): Linux and macOS end such a connection with a reset.
  for (const descriptor of descriptors) libc.connect(descriptor, new Uint8Array(16), 16);
  return descriptors.length > 0;
}

async function shutdownPending(): Promise<void> {
  isSearching = true;
  while (pending.length > 0) {
    const wait = nextSearch - performance.now();
    // All connections of one turn of the event loop are searched together.
    await (wait > 0 ? delay(wait) : Promise.resolve());
    const connections = pending;
    pending = [];
    const libc = openLibc();
    const busy = libc === null ? 0 : await shutdownAll(connections, libc);
    nextSearch = Math.max(nextSearch, performance.now() - SAVED_MS) + busy / SEARCH_SHARE;
  }
  isSearching = false;
}

/** After so much of a search, in milliseconds, clients get their echoes before it goes on. */
const PAUSE_AFTER_MS = 4;

/** Returns how long it has kept the event loop busy, in milliseconds. */
async function shutdownAll(connections: FourTuple[], libc: Libc): Promise<number> {
  const isWanted = matcher(connections, libc);
  let busy = 0;
  let pauseAt = PAUSE_AFTER_MS;
  for (const batch of descriptorBatches(libc)) {
    if (busy > pauseAt) {
      await delay(0);
      pauseAt = busy + PAUSE_AFTER_MS;
    }
    const began = performance.now();
    for (const descriptor of batch().filter(isWanted)) libc.shutdown(descriptor, SHUT_RDWR);
    busy += performance.now() - began;
  }
  return busy;
}

function matcher(connections: FourTuple[], libc: Libc): (descriptor: number) => boolean {
  const wanted = new Set(
    connections.map(({ localAddr, remoteAddr }) =>
      `${netAddrKey(remoteAddr, libc)} ${netAddrKey(localAddr, libc)}`
    ),
  );
  const ports = new Set(connections.map(({ remoteAddr }) => remoteAddr.port));
  return (descriptor) => {
    const peer = sockaddrOf(descriptor, libc.getpeername);
    if (peer === null || !ports.has(portOf(peer))) return false; // true for most, so it comes first
    const far = sockaddrKey(peer);
    const own = sockaddrOf(descriptor, libc.getsockname);
    return own !== null && wanted.has(`${far} ${sockaddrKey(own)}`);
  };
}

/** The descriptors of the sockets that listen on `port`. */
function listenersOn(port: number, libc: Libc): number[] {
  const accepts = new Int32Array(1);
  const size = new Uint32Array([accepts.byteLength]);
  return [...descriptorBatches(libc)].flatMap((batch) => batch()).filter((descriptor) => {
    const own = sockaddrOf(descriptor, libc.getsockname);
    if (own === null || portOf(own) !== port) return false;
    accepts[0] = 0;
    libc.getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, accepts, size);
    return accepts[0] === 1;
  });
}

const name = new Uint8Array(128);
const size = new Uint32Array(1);

/**
 * The `sockaddr` of one end of a socket, by getpeername or getsockname. It is valid until the next
 * call; null for a descriptor that is no such socket.
 */
function sockaddrOf(descriptor: number, call: Libc["getpeername"]): Uint8Array | null {
  size[0] = name.length;
  return call(descriptor, name, size) === 0 ? name.subarray(0, size[0]) : null;
}

/** The port is at the same offset for IPv4 and IPv6, big-endian, on all systems. */
function portOf(name: Uint8Array): number {
  return name[2]! << 8 | name[3]!;
}

const LENGTH_OF_IPV4 = 16;

function sockaddrKey(name: Uint8Array): string {
  const address = name.length === LENGTH_OF_IPV4 ? name.subarray(4, 8) : name.subarray(8, 24);
  return `${address} ${portOf(name)}`;
}

/** The same key for an address as Deno writes it. */
function netAddrKey({ hostname, port }: Deno.NetAddr, libc: Libc): string {
  const isV6 = hostname.includes(":");
  const address = new Uint8Array(isV6 ? 16 : 4);
  libc.inet_pton(isV6 ? AF_INET6 : AF_INET, cString(hostname), address);
  return `${address} ${port}`;
}
