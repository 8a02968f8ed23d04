/**
 * UDP: datagrams to and from anybody, without a connection.
 *
 * @module
 */
import type { Endpoint } from "./address.ts";

/** What fits into one datagram, in bytes: 65,535 less the headers that count into it. */
export const LARGEST_DATAGRAM = { IPv4: 65_507, IPv6: 65_527 };

/** A datagram and who sent it. */
export interface Datagram {
  /** What it carries; 0 bytes are a datagram too. */
  bytes: Uint8Array;
  /** Where it came from. */
  from: Endpoint;
}

/** A UDP socket. */
export interface DatagramSocket extends Endpoint, Disposable {
  /** Sends one datagram (`sendto`). Rejects when it is too long; that it arrives is not promised. */
  send(bytes: Uint8Array, to: Endpoint): Promise<number>;
  /** Waits for the next datagram (`recvfrom`). */
  receive(): Promise<Datagram>;
}

/** Opens a UDP socket on any free port of an address. Throws when there is no such address. */
export function openDatagram(hostname: string): DatagramSocket {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  const addr = socket.addr as Deno.NetAddr;
  return {
    hostname: addr.hostname,
    port: addr.port,
    send: (bytes, to) => socket.send(bytes, { transport: "udp", ...to }),
    async receive() {
      // Deno's own buffer has 1024 bytes and cuts what is longer.
      const [bytes, from] = await socket.receive(new Uint8Array(65_536));
      const { hostname, port } = from as Deno.NetAddr;
      return { bytes, from: { hostname, port } };
    },
    [Symbol.dispose]: () => socket.close(),
  };
}
