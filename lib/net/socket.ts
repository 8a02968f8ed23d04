/**
 * What Deno cannot say to a socket, said through the system's C library. Everything works without
 * it, where FFI is not granted or the system is another one; only slower.
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
const { SOL_SOCKET, SO_ACCEPTCONN } = Deno.build.os === "darwin"
  ? { SOL_SOCKET: 0xffff, SO_ACCEPTCONN: 2 }
  : { SOL_SOCKET: 1, SO_ACCEPTCONN: 30 };
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/** No process has more descriptors open when it begins to listen. */
const HIGHEST_DESCRIPTOR = 1024;

const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;

/** The C library, as much of it as is used here. */
type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/**
 * Has every connection that comes in on `port` send small writes at once (TCP_NODELAY), instead of
 * waiting for the acknowledgement of the one before: Deno.listenTls cannot, but connections inherit
 * it from the listening socket. Returns whether it worked.
 */
export function setNoDelay(port: number): boolean {
  const libc = openLibc();
  if (libc === null) return false;
  try {
    const on = new Int32Array([1]);
    const set = (listener: number) =>
      libc.symbols.setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, on, on.byteLength) === 0;
    const listeners = listenersOn(port, libc);
    return listeners.length > 0 && listeners.every(set);
  } finally {
    libc.close();
  }
}

function openLibc(): Libc | null {
  for (const path of LIBC[Deno.build.os] ?? []) {
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch {
      // Not there, or not granted.
    }
  }
  return null;
}

/** The descriptors that listen on `port`. Deno does not tell them, and so each is asked. */
function listenersOn(port: number, libc: Libc): number[] {
  const address = new Uint8Array(128);
  const size = new Uint32Array(1);
  const accepts = new Int32Array(1);
  const listeners = [];
  for (let descriptor = 3; descriptor < HIGHEST_DESCRIPTOR; descriptor++) {
    size[0] = address.length;
    if (libc.symbols.getsockname(descriptor, address, size) !== 0) continue;
    // The port stands at the same place for IPv4 and IPv6, big-endian, on all systems.
    if ((address[2]! << 8 | address[3]!) !== port) continue;
    size[0] = accepts.byteLength;
    libc.symbols.getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, accepts, size);
    if (accepts[0] === 1) listeners.push(descriptor);
  }
  return listeners;
}
