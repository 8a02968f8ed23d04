/**
 * UDP: datagrams to and from anybody, without a connection.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { type Endpoint, isIpv4, unmapIPv4 } from "./address.ts";
import { socketFailure } from "./socket_errors.ts";
import { bindFailure } from "./listen.ts";

/** What fits into one datagram, in bytes: 65,535 less the headers that count into it. */
export const MAX_DATAGRAM_BYTES = { IPv4: 65_507, IPv6: 65_527 };

/** A datagram and who sent it. */
export interface Datagram {
  /** What it carries, valid until the next one is received; 0 bytes are a datagram too. */
  bytes: Uint8Array;
  /** Where it came from. */
  from: Endpoint;
}

/** A UDP socket. */
export interface DatagramSocket extends Endpoint, Disposable {
  /** Sends one datagram (`sendto`). Rejects when it is too long; that it arrives is not promised. */
  send(bytes: Uint8Array, to: Endpoint): Promise<number>;
  /** Waits for the next datagram (`recvfrom`). One call at a time. */
  receive(): Promise<Datagram>;
}

/**
 * Opens a UDP socket on a port of an address, or on any free one. On `::` it speaks IPv4 too, whose
 * addresses are seen and given as what they are. Throws when there is no such address.
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
      return { bytes, from: { hostname: unmapIPv4(hostname), port } };
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

/** What it takes to speak to a server. */
export interface ResolvedUdp {
  /** A socket that can send to each of its addresses. */
  socket: DatagramSocket;
  /** Where the server may be: a name can have several addresses. */
  servers: Endpoint[];
}

/**
 * Looks a server up and opens a socket to speak to it. Throws a `Failure` of kind `unreachable`
 * where there is no such name or no such kind of address here.
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

/** To send to every address is to send to this machine, which answers from another one. */
const LOOPBACK: Readonly<Record<string, string>> = { "::": "::1", "0.0.0.0": "127.0.0.1" };

async function addressesOf(hostname: string): Promise<string[]> {
  if (isIpv4(hostname) || hostname.includes(":")) return [LOOPBACK[hostname] ?? hostname];
  // Deno has none that reads /etc/hosts. Deno 2.6 prints a warning for "node:dns/promises".
  const [{ lookup }, { promisify }] = await Promise.all([import("node:dns"), import("node:util")]);
  const found = await promisify(lookup)(hostname, { all: true });
  return [...new Set(found.map(({ address }) => unmapIPv4(address)))];
}

function isUnknownName(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOTFOUND";
}
