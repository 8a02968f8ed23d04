/**
 * Addresses as text, the same on the console and in the log.
 *
 * @module
 */

/** An IP address or a name, and a port: `[::1]:50512`, `127.0.0.1:50512`. */
export function formatHostPort(peer: { hostname: string; port: number }): string {
  const { hostname, port } = peer;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
