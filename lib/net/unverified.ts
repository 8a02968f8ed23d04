/**
 * Connections of node:tls, which verify nothing when asked to, unlike those of Deno. They are for
 * looks at a server, and never carry a message.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import { isName } from "./client_hello.ts";
import { type ConnectOptions, dialTcp } from "./connect.ts";
import { tlsFailure } from "./tls.ts";

/**
 * Completes a handshake with whatever server it is, passes the connection to `use`, and closes it.
 * Throws a `Failure` as `connect` does; its deadline bounds `use` too.
 */
export function connectUnverified<T>(
  options: ConnectOptions,
  resumed: { session?: Buffer },
  use: (socket: TLSSocket) => Promise<T>,
): Promise<T> {
  const { hostname, serverName = hostname, protocols } = options;
  return dialTcp(options, async (tcp, signal) => {
    tcp.close(); // node:tls makes its own connection
    const tls = await import("node:tls");
    const socket = tls.connect({
      host: hostname,
      port: options.port,
      ...(isName(serverName) ? { servername: serverName } : {}),
      ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
      ...resumed,
      rejectUnauthorized: false,
    });
    const used = Promise.withResolvers<T>();
    socket.once("secureConnect", () => {
      Promise.try(use, socket).then(used.resolve, used.reject);
    });
    socket.on("error", (error) => used.reject(tlsFailure(error)));
    const abort = () => used.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await used.promise;
    } finally {
      signal.removeEventListener("abort", abort);
      socket.destroy();
    }
  });
}

/**
 * Whether a second connection resumes the session of a first one. The first one ends politely and
 * waits for the server's end: what the server gives for later comes before it.
 */
export async function resumesSession(options: ConnectOptions): Promise<boolean> {
  const session = await connectUnverified(options, {}, sessionOf);
  if (session === null) return false;
  return await connectUnverified(
    options,
    { session },
    (socket) => Promise.resolve(socket.isSessionReused()),
  );
}

function sessionOf(socket: TLSSocket): Promise<Buffer | null> {
  const closed = Promise.withResolvers<Buffer | null>();
  let last: Buffer | null = null;
  socket.on("session", (session) => last = session);
  socket.once("close", () => closed.resolve(last));
  socket.resume();
  socket.end();
  return closed.promise;
}
