/**
 * Listening for clients.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { type Conn, PlainConn, TlsConn } from "./conn.ts";
import { socketFailure } from "./socket_errors.ts";
import { advertisedAddress } from "./host.ts";
import { allowReusePort, setNoDelay } from "./socket.ts";
import { tlsFailure } from "./tls.ts";

/** A port that clients can connect to. */
export interface Listener {
  /** The address it is bound to. */
  readonly hostname: string;
  /** The port it is bound to. It is never 0. */
  readonly port: number;
  /** The address that another computer uses. */
  readonly advertisedAddress: string;
  /** Whether its connections send small writes at once. Without that the echo is slower. */
  readonly noDelay: boolean;
  /**
   * The next connection, before its handshake. Throws `Deno.errors.BadResource` once closed. After
   * any other error, as without file descriptors, it may be called again.
   */
  accept(): Promise<Conn>;
  /**
   * Presents this certificate to new connections from now on; other connections stay. When it
   * rejects, the old certificate is still in use. On a closed listener it does nothing.
   */
  renew(tls: Credentials): Promise<void>;
  /** Frees the port; connections live on. */
  close(): void;
}

/** A server's certificate and protocols. */
export interface Credentials {
  /** Certificate chain, PEM. */
  cert: string;
  /** Its private key, PEM. */
  key: string;
  /** The ALPN protocols to choose from. With none, the client's offer is ignored. */
  protocols: string[];
}

/** Where to listen, and with which certificate. */
export interface ListenOptions {
  /** An address, or null for all of them: `::`, or `0.0.0.0` on a machine without IPv6. */
  hostname: string | null;
  /** 0 is any free one. */
  port: number;
  /** For TLS; null: connections are plain. */
  tls: Credentials | null;
  /** Whether several listeners share the port (SO_REUSEPORT); the system distributes clients. */
  shared?: boolean;
}

/** A port that was just closed can stay in use for a moment. `every` is in milliseconds. */
const ADDR_IN_USE_RETRY = { times: 5, every: 50 };

/**
 * Binds to a port. Throws a `Failure` of kind `failed` that says why it cannot, or of kind `usage`
 * for a bad certificate.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { hostname, port, tls, shared = false } = options;
  try {
    return await retryAddrInUse(() => {
      const bound = hostname === null
        ? bindUnspecified((hostname) => Deno.listen({ hostname, port, reusePort: shared }))
        : Deno.listen({ hostname, port, reusePort: shared });
      if (tls === null) return plainListener(bound);
      // A shared port (SO_REUSEPORT) hides a port conflict. So bind once without it first.
      const addr = bound.addr as Deno.NetAddr;
      bound.close();
      return tlsListener(addr, tls, shared);
    });
  } catch (error) {
    throw error instanceof Failure ? error : bindFailure(hostname ?? "::", port, error);
  }
}

/** Throws a `Failure` of kind `usage` for a bad certificate. */
function bindTls(
  { hostname, port }: Deno.NetAddr,
  { cert, key, protocols: alpnProtocols }: Credentials,
  reusePort: boolean,
): Deno.TlsListener {
  try {
    return Deno.listenTls({ hostname, port, cert, key, alpnProtocols, reusePort });
  } catch (cause) {
    const { problem, message: why, hint = "use another one" } = tlsFailure(cause);
    if (problem !== "untrusted") throw cause;
    throw new Failure("usage", { what: "cannot use the certificate", why, hint, cause });
  }
}

/** Returns the result of `bind`, which is repeated while a port that was just closed is in use. */
async function retryAddrInUse<T>(bind: () => T): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return bind();
    } catch (error) {
      const again = error instanceof Deno.errors.AddrInUse && attempt < ADDR_IN_USE_RETRY.times;
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, ADDR_IN_USE_RETRY.every));
    }
  }
}

function bindUnspecified(bind: (hostname: string) => Deno.TcpListener): Deno.TcpListener {
  try {
    return bind("::");
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return bind("0.0.0.0"); // its error tells more than that IPv6 is missing
  }
}

function tlsListener(addr: Deno.NetAddr, tls: Credentials, shared: boolean): Listener {
  const { hostname, port } = addr;
  let current = bindTls(addr, tls, shared);
  let isClosed = false;
  return {
    hostname,
    port,
    advertisedAddress: advertisedAddress(hostname),
    noDelay: setNoDelay(port),
    async accept() {
      for (;;) {
        const from = current;
        try {
          return new TlsConn(await from.accept());
        } catch (error) {
          if (from === current) throw error; // otherwise the certificate was reloaded meanwhile
        }
      }
    },
    async renew(tls) {
      if (isClosed) return; // a new listener would take clients that are never accepted
      const old = current;
      try {
        allowReusePort(port);
        current = bindTls(addr, tls, true);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
        old.close(); // this system does not share ports
        current = await retryAddrInUse(() => bindTls(addr, tls, shared));
      }
      setNoDelay(port);
      closeUnlessClosed(old);
    },
    close() {
      isClosed = true;
      current.close();
    },
  };
}

function closeUnlessClosed(listener: Deno.Listener): void {
  try {
    listener.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function plainListener(listener: Deno.TcpListener): Listener {
  const { hostname, port } = listener.addr as Deno.NetAddr;
  return {
    hostname,
    port,
    advertisedAddress: advertisedAddress(hostname),
    noDelay: true,
    accept: async () => new PlainConn(await listener.accept()),
    renew: () => Promise.reject(new TypeError("without TLS there is no certificate")),
    close: () => listener.close(),
  };
}

/** The failure to bind to a port of an address; `name` says whether of TCP or of UDP. */
export function bindFailure(
  hostname: string,
  port: number,
  cause: unknown,
  name: "port" | "UDP port" = "port",
): Failure {
  const uncreated = socketFailure("failed", hostname, cause);
  if (uncreated !== null) return uncreated;
  const what = `cannot bind to ${hostname} ${name} ${port}`;
  if (cause instanceof Deno.errors.AddrInUse) {
    const hint = "stop the program that uses it, or choose another port";
    return new Failure("failed", { what, why: `the ${name} is in use`, hint, cause });
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    const hint = "use an address of this machine, or leave HOST away to listen on all of them";
    return new Failure("failed", {
      what,
      why: "it is not an address of this machine",
      hint,
      cause,
    });
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    const hint = port < 1024 ? "choose a port from 1024 up" : "choose another port";
    return new Failure("failed", { what, why: "the system does not allow it", hint, cause });
  }
  const why = reasonOf(cause);
  if (/failed to lookup address/.test(why)) {
    return new Failure("failed", {
      what,
      why: "there is no such name",
      hint: "check the spelling",
      cause,
    });
  }
  return new Failure("failed", { what, why, cause });
}
