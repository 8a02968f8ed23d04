/**
 * A network between a UDP client and a server that does to datagrams what networks do.
 *
 * @module
 */
import { type DatagramSocket, openDatagram } from "../../lib/net/datagram.ts";
import type { Endpoint } from "../../lib/net/address.ts";

/** What becomes of the client's datagram number `nth`, from 1: the datagrams that arrive for it. */
export type Fate = (bytes: Uint8Array, nth: number) => Uint8Array[];

/** Relays datagrams of one client from a port of its own to another port of `127.0.0.1`, and back. */
export class Relay implements AsyncDisposable {
  readonly #near = openDatagram("127.0.0.1");
  readonly #far = openDatagram("127.0.0.1");
  readonly #relayed: Promise<unknown>;
  #client: Endpoint = this.#near;

  /** Leads to `port`, through `fate`. */
  constructor(port: number, fate: Fate) {
    const server = { hostname: "127.0.0.1", port };
    let nth = 0;
    const there = forEach(this.#near, async (bytes, from) => {
      this.#client = from;
      for (const one of fate(bytes.slice(), ++nth)) await this.#far.send(one, server);
    });
    const back = forEach(this.#far, async (bytes) => {
      await this.#near.send(bytes, this.#client);
    });
    this.#relayed = Promise.all([there, back]);
  }

  /** Where to send to. */
  get port(): number {
    return this.#near.port;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#near[Symbol.dispose]();
    this.#far[Symbol.dispose]();
    await this.#relayed;
  }
}

async function forEach(
  socket: DatagramSocket,
  relay: (bytes: Uint8Array, from: Endpoint) => Promise<void>,
): Promise<void> {
  for (;;) {
    const datagram = await socket.receive().catch(() => null); // closed
    if (datagram === null) return;
    await relay(datagram.bytes, datagram.from);
  }
}

/** Nothing happens to them. */
export const unharmed: Fate = (bytes) => [bytes];

/** Those with these numbers are lost. */
export function losing(...numbers: number[]): Fate {
  return (bytes, nth) => numbers.includes(nth) ? [] : [bytes];
}

/** Those with these numbers arrive twice. */
export function doubling(...numbers: number[]): Fate {
  return (bytes, nth) => numbers.includes(nth) ? [bytes, bytes] : [bytes];
}

/** The one with this number arrives after the next. */
export function delaying(number: number): Fate {
  let held: Uint8Array[] = [];
  return (bytes, nth) => {
    if (nth === number) {
      held = [bytes];
      return [];
    }
    const late = held;
    held = [];
    return [bytes, ...late];
  };
}
