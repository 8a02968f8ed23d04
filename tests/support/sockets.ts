/**
 * What the kernel says of TCP sockets on IPv6 (Linux).
 *
 * @module
 */

const LISTEN = "0A";

/**
 * The remote ports of all connections to `port` that a process still holds, whatever it believes.
 * What is closed and only waits for the other side is not held.
 */
export function heldOn(port: number): number[] {
  const lines = Deno.readTextFileSync("/proc/net/tcp6").trimEnd().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    return portOf(local) === port && state !== LISTEN && inode !== "0" ? [portOf(remote)] : [];
  });
}

function portOf(address: string | undefined): number {
  return parseInt(address!.split(":")[1]!, 16);
}
