/**
 * Waiting for clients.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { type Conn, PlainConn, TlsConn } from "./conn.ts";
import { socketFailure } from "./socket_errors.ts";
import { advertisedAddress } from "./host.ts";
import { setNoDelay } from "./socket.ts";
import { tlsFailure } from "./tls.ts";

/** A port that clients can connect to. */
export interface Listener {
  /** The address it is bound to. */
  readonly hostname: string;
  /** The port it is bound to, also where any free one was asked for. */
  readonly port: number;
  /** The address another computer would use. */
  readonly advertisedAddress: string;
  /** Whether its connections send small writes at once; without it the echo works, but slower. */
  readonly noDelay: boolean;
  /**
   * The next connection, its handshake still to come. Throws `Deno.errors.BadResource` once closed;
   * after any other error (no more file descriptors) it may be called again.
   */
  accept(): Promise<Conn>;
  /**
   * Shows new connections this certificate from now on; the others live on. Rejects, and nothing has
   * changed, where it cannot. Once closed it has no new connections, and this does nothing.
   */
  renew(tls: Credentials): Promise<void>;
  /** Frees the port; connections live on. */
  close(): void;
}

/** As whom to listen. */
export interface Credentials {
  /** Certificate chain, PEM. */
  cert: string;
  /** Its private key, PEM. */
  key: string;
  /** The ALPN protocols to agree on; with none, whatever a client offers is passed over. */
  protocols: string[];
}

/** Where to listen, and as whom. */
export interface ListenOptions {
  /** An address, or null for everywhere: `::`, or `0.0.0.0` on a machine without IPv6. */
  hostname: string | null;
  /** 0 is any free one. */
  port: number;
  /** For TLS; null: connections are plain. */
  tls: Credentials | null;
  /** Whether others who say so too may listen on the same port; the system deals out clients. */
  shared?: boolean;
}

/** A port that was just freed can be taken for a moment still. */
const ADDR_IN_USE_RETRY = { times: 5, every: 50 };

/**
 * Binds to a port. Throws a `Failure` of kind `failed` that says what stands in the way, or of kind
 * `usage` where it is the certificate.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { hostname, port, tls, shared = false } = options;
  try {
    return await retryAddrInUse(() => {
      const bound = hostname === null
        ? bindUnspecified((hostname) => Deno.listen({ hostname, port, reusePort: shared }))
        : Deno.listen({ hostname, port, reusePort: shared });
      if (tls === null) return plainListener(bound);
      // That one has shown that the port is free, which one that can be renewed, and so has to be
      // shared for a moment, could not.
      const addr = bound.addr as Deno.NetAddr;
      bound.close();
      return tlsListener(addr, tls);
    });
  } catch (error) {
    throw error instanceof Failure ? error : bindFailure(hostname ?? "::", port, error);
  }
}

/** Throws a `Failure` of kind `usage` where it is the certificate that will not do. */
function bindTls(
  { hostname, port }: Deno.NetAddr,
  { cert, key, protocols: alpnProtocols }: Credentials,
): Deno.TlsListener {
  try {
    return Deno.listenTls({ hostname, port, cert, key, alpnProtocols, reusePort: true });
  } catch (cause) {
    const { problem, message: why, hint = "use another one" } = tlsFailure(cause);
    if (problem !== "untrusted") throw cause;
    throw new Failure("usage", { what: "cannot use the certificate", why, hint, cause });
  }
}

/** What `bind` returns, as soon as the port is really free. */
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
    return bind("0.0.0.0"); // what goes wrong here too says more than a missing IPv6 does
  }
}

function tlsListener(addr: Deno.NetAddr, tls: Credentials): Listener {
  const { hostname, port } = addr;
  let current = bindTls(addr, tls);
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
          if (from === current) throw error; // or else it was renewed meanwhile
        }
      }
    },
    async renew(tls) {
      if (isClosed) return; // or else clients would wait at a port where nobody accepts
      const old = current;
      try {
        current = bindTls(addr, tls);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
        old.close(); // this system shares no ports
        current = await retryAddrInUse(() => bindTls(addr, tls));
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

/** What stands in the way of binding to a `port` of an address, which may also be a `UDP port`. */
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
