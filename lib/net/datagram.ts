/**
 * UDP: datagrams to and from any address, without a connection.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import type { Endpoint } from "./address.ts";
import { canonicalAddress, isIpv4 } from "../text/ip.ts";
import { socketFailure } from "./socket_errors.ts";
import { bindFailure } from "./listen.ts";

/** The longest payload of a datagram, in bytes: 65,535 less the headers that count into it. */
export const MAX_DATAGRAM_BYTES = { IPv4: 65_507, IPv6: 65_527 };

/** A datagram and its sender. */
export interface Datagram {
  /** Its payload, valid until the next datagram is received. It may be empty. */
  bytes: Uint8Array;
  /** Where it came from. */
  from: Endpoint;
}

/** A UDP socket. */
export interface DatagramSocket extends Endpoint, Disposable {
  /** Sends one datagram (`sendto`). Rejects when it is too long. It may be lost on the way. */
  send(bytes: Uint8Array, to: Endpoint): Promise<number>;
  /** Waits for the next datagram (`recvfrom`). One call at a time. */
  receive(): Promise<Datagram>;
}

/**
 * Opens a UDP socket on a port of an address, or on any free one. On `::` it takes IPv4 addresses
 * too, in their own form. Throws when this machine has no such address.
 */
export function openDatagram(hostname: string, port = 0): DatagramSocket {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  const addr = socket.addr as Deno.NetAddr;
  const isV6 = addr.hostname.includes(":");
  // Deno's own buffer has 1024 bytes and cuts what is longer.
  const buffer = new Uint8Array(65_536);
  return {
    hostname: addr.hostname,
    port: addr.port,
    send(bytes, { hostname, port }) {
      const mapped = isV6 && isIpv4(hostname) ? `::ffff:${hostname}` : hostname;
      return socket.send(bytes, { transport: "udp", hostname: mapped, port });
    },
    async receive() {
      const [bytes, from] = await socket.receive(buffer);
      const { hostname, port } = from as Deno.NetAddr;
      return { bytes, from: { hostname: canonicalAddress(hostname), port } };
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Opens the UDP socket of a server. Throws a `Failure` as `listen` does. */
export function listenDatagram(hostname: string, port: number): DatagramSocket {
  try {
    return openDatagram(hostname, port);
  } catch (error) {
    throw bindFailure(hostname, port, error, "UDP port");
  }
}

/** A socket for one server, and the addresses of that server. */
export interface ResolvedUdp {
  /** A socket that can send to each of its addresses. */
  socket: DatagramSocket;
  /** The server's addresses: a name can have several. */
  servers: Endpoint[];
}

/**
 * Resolves a server's name and opens a socket for it. Throws a `Failure` of kind `unreachable` for
 * an unknown name, or where this machine lacks that kind of address.
 */
export async function resolveUdp(hostname: string, port: number): Promise<ResolvedUdp> {
  try {
    const addresses = await addressesOf(hostname);
    const v4 = addresses.filter(isIpv4);
    const servers = (some: string[]) => some.map((hostname) => ({ hostname, port }));
    if (v4.length === addresses.length) {
      return { socket: openDatagram("0.0.0.0"), servers: servers(v4) };
    }
    try {
      return { socket: openDatagram("::"), servers: servers(addresses) };
    } catch (error) {
      if (v4.length === 0) throw error;
      return { socket: openDatagram("0.0.0.0"), servers: servers(v4) };
    }
  } catch (cause) {
    throw socketFailure("unreachable", hostname, cause) ?? new Failure("unreachable", {
      what: `cannot reach ${hostname} UDP port ${port}`,
      ...(isUnknownName(cause)
        ? { why: "there is no such name", hint: "check the spelling" }
        : { why: reasonOf(cause), hint: "check the network" }),
      cause,
    });
  }
}

/** A datagram to an unspecified address reaches this machine, which answers from loopback. */
const LOOPBACK: Readonly<Record<string, string>> = { "::": "::1", "0.0.0.0": "127.0.0.1" };

async function addressesOf(hostname: string): Promise<string[]> {
  if (isIpv4(hostname) || hostname.includes(":")) return [LOOPBACK[hostname] ?? hostname];
  // Deno's own resolver does not read /etc/hosts. Deno 2.6 warns of "node:dns/promises".
  const [{ lookup }, { promisify }] = await Promise.all([import("node:dns"), import("node:util")]);
  const found = await promisify(lookup)(hostname, { all: true });
  return [...new Set(found.map(({ address }) => canonicalAddress(address)))];
}

function isUnknownName(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOTFOUND";
}
