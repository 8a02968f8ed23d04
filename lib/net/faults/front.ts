/**
 * TCP in front of TLS: a listener that passes bytes on to TLS listeners of this process, for faults
 * that lie below TLS. It costs half of the speed, so it is there only where such a fault is asked for.
 *
 * @module
 */
import { delay } from "../../std.ts";
import type { Conn, Peer } from "../conn.ts";
import type { Listener } from "../listen.ts";
import { formatHostPort } from "../../text/host_port.ts";
import { type FaultPlan, faultsBelowTls } from "./faults.ts";
import { type FaultBelowTls, isBelowTls } from "./spec.ts";

/** The listeners behind the front, on a loopback address. */
export interface Behind {
  /** With the server's own certificate. */
  own: Listener;
  /** With another one, for the faults that show it. */
  others: Partial<Record<FaultBelowTls, Listener>>;
}

/** No TLS record begins like this. */
const GARBAGE = new TextEncoder().encode("these bytes are no TLS record\n");

/** A fatal alert, no_application_protocol (RFC 8446, 6; RFC 7301, 3.2). */
const ALPN_ALERT = new Uint8Array([21, 3, 3, 0, 2, 2, 120]);

/** How long a client has to notice its end, in milliseconds. */
const LINGER_MS = 500;

const COPY_BYTES = 64 * 1024;

/** A listener for clients at `front`, which passes them on to `behind`, with the harm of the plan. */
export function frontedListener(front: Listener, behind: Behind, plan: FaultPlan): Listener {
  let count = 0;
  return {
    hostname: front.hostname,
    port: front.port,
    advertisedAddress: front.advertisedAddress,
    noDelay: front.noDelay,
    async accept() {
      const outer = await front.accept();
      const connection = ++count;
      const faults = faultsBelowTls(connection, plan).map(({ name }) => name).filter(isBelowTls);
      const report = (fault: FaultBelowTls) =>
        plan.onHarm({ fault, connection, peer: outer.peer, at: 0 });
      const other = faults.find((name) => behind.others[name] !== undefined);
      if (other !== undefined) report(other);
      const listener = behind.others[other!] ?? behind.own;
      const inner = await Deno.connect({ hostname: listener.hostname, port: listener.port });
      inner.setNoDelay();
      const conn = await acceptFrom(listener, (inner.localAddr as Deno.NetAddr).port);
      const harm = faults.find((name) => behind.others[name] === undefined) ?? null;
      void pass(outer, inner, harm, report);
      return new FrontedConn(conn, outer);
    },
    renew: (tls) => behind.own.renew(tls),
    close() {
      front.close();
      behind.own.close();
      for (const it of Object.values(behind.others)) it.close();
    },
  };
}

/** The connection from a port of this machine; all others are strangers, and are closed. */
async function acceptFrom(listener: Listener, port: number): Promise<Conn> {
  for (;;) {
    const conn = await listener.accept();
    if (conn.peer.port === port) return conn;
    conn.close();
  }
}

/** Copies in both directions until both have ended. */
async function pass(
  outer: Conn,
  inner: Deno.TcpConn,
  harm: FaultBelowTls | null,
  report: (fault: FaultBelowTls) => void,
): Promise<void> {
  const inward = async () => {
    await copy((view) => outer.read(view), (bytes) => writeAll(inner, bytes));
    await inner.closeWrite();
  };
  const outward = async () => {
    if (harm === null) await copy((view) => inner.read(view), (bytes) => outer.write(bytes));
    else return await answer(outer, inner, harm, report);
    await outer.closeWrite();
  };
  try {
    await Promise.all([inward(), outward()]);
  } catch {
    if (!(outer.reset?.() ?? false)) outer.abort(); // one side was reset, so the other is, too
  }
  outer.close();
  closeTcp(inner);
}

/** What the client gets in place of the server's answer to its first bytes. */
async function answer(
  outer: Conn,
  inner: Deno.TcpConn,
  harm: FaultBelowTls,
  report: (fault: FaultBelowTls) => void,
): Promise<void> {
  const discarded = new Uint8Array(COPY_BYTES);
  await inner.read(discarded);
  report(harm);
  if (harm === "garbage") await outer.write(GARBAGE);
  if (harm === "refuse-alpn") await outer.write(ALPN_ALERT);
  if (harm === "stall-handshake") {
    while (await inner.read(discarded) !== null); // until the handshake has taken too long
  } else {
    await outer.closeWrite();
    await delay(LINGER_MS); // an end at once could overtake the bytes
  }
  outer.close();
  closeTcp(inner);
}

function closeTcp(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

async function copy(
  read: (view: Uint8Array) => Promise<number | null>,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(COPY_BYTES);
  for (let count = await read(buffer); count !== null; count = await read(buffer)) {
    await write(buffer.subarray(0, count));
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** A connection behind the front, with the peer of the one before it. */
class FrontedConn implements Conn {
  readonly #conn: Conn;
  readonly #outer: Conn;
  readonly peer: Peer;
  readonly name: string;

  constructor(conn: Conn, outer: Conn) {
    this.#conn = conn;
    this.#outer = outer;
    this.peer = outer.peer;
    this.name = formatHostPort(outer.peer);
  }

  get isEncrypted(): boolean {
    return this.#conn.isEncrypted;
  }

  get written(): number {
    return this.#conn.written;
  }

  handshake(): Promise<string | null> {
    return this.#conn.handshake();
  }

  read(view: Uint8Array): Promise<number | null> {
    return this.#conn.read(view);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  abort(): void {
    this.#conn.abort();
  }

  reset(): boolean {
    const isReset = this.#outer.reset?.() ?? false;
    this.#conn.abort();
    return isReset;
  }
}
