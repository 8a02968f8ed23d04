/**
 * Messages to the service manager that has started this process (sd_notify, systemd). Deno has no
 * sockets of this kind that need no file of their own, so it is done with the C library.
 *
 * @module
 */
import { openLibc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
/** Neither a signal nor a wait where the manager does not read. */
const MSG_NOSIGNAL_DONTWAIT = 0x4000 | 0x40;

/** The longest path of such a socket, in bytes. */
const MAX_PATH_BYTES = 107;

/** A way to the service manager. */
export interface ServiceManager {
  /** Sends lines such as `READY=1`, in one message. What cannot be sent is lost. */
  notify(...lines: string[]): void;
}

/**
 * The manager behind the socket `path` (NOTIFY_SOCKET); one that begins with `@` has no file. Null
 * without FFI, on other systems than Linux, and for a path that is none.
 */
export function openServiceManager(path: string): ServiceManager | null {
  const libc = Deno.build.os === "linux" ? openLibc() : null;
  const name = new TextEncoder().encode(path);
  if (libc === null || name.length > MAX_PATH_BYTES || !/^[/@]./.test(path)) return null;
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return null;
  const address = new Uint8Array(2 + name.length + 1); // struct sockaddr_un
  address[0] = AF_UNIX;
  address.set(name, 2);
  if (path.startsWith("@")) address[2] = 0;
  const size = 2 + name.length + (path.startsWith("@") ? 0 : 1);
  return {
    notify(...lines) {
      const message = new TextEncoder().encode(lines.join("\n"));
      const { length } = message;
      libc.sendto(socket, message, BigInt(length), MSG_NOSIGNAL_DONTWAIT, address, size);
    },
  };
}
