/**
 * A proxy that does to connections what bad proxies, load balancers and middleboxes do.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Identity } from "../../lib/certs/pem.ts";
import { delay, writeAll } from "../../lib/std.ts";
import { resetAllTo } from "./bad_peer.ts";

/** What it does; without any of these it does no harm. */
export interface Harms {
  /** Of a message that is longer, only so many bytes pass. A message ends with a line end. */
  maxMessage?: number;
  /** What becomes of a connection that carries nothing for so many milliseconds. */
  idle?: { after: number; by: "end" | "reset" | "silence" };
  /** At the client's end: both directions are closed, or the server does not learn of it. */
  atEnd?: "closes" | "holds";
  /** Changes what a client sends. */
  change?: (bytes: Uint8Array) => Uint8Array;
  /** How long it holds each piece, in milliseconds. */
  delay?: () => number;
  /** Ends TLS with this certificate, and no ALPN; the server's is signed by `authority`. */
  endsTls?: Identity & { authority: string };
}

/** CR LF becomes LF. */
export function dropCr(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(0x0d)) return bytes; // 16 MiB are to be changed quickly
  return bytes.filter((byte, index) => byte !== 0x0d || bytes[index + 1] !== 0x0a);
}

/** NUL bytes vanish. */
export function dropNul(bytes: Uint8Array): Uint8Array {
  return bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes;
}

/** HTTP/1.1 becomes HTTP/1.0. */
export function lowerHttp(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const at = changed.indexOf("HTTP/1.1");
  if (at >= 0) changed.write("HTTP/1.0", at);
  return changed;
}

/** Relays connections from a port of its own to another port of `::1`. */
export class HarmfulProxy implements AsyncDisposable {
  readonly #listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>;
  readonly #conns = new Set<Deno.Conn>();
  readonly #relays: Promise<void>[] = [];
  readonly #accepted: Promise<void>;

  /** Leads to `port`. */
  constructor(port: number, harms: Harms = {}) {
    const near = { hostname: "::1", port: 0 };
    const { endsTls } = harms;
    this.#listener = endsTls === undefined ? Deno.listen(near) : Deno.listenTls({
      ...near,
      cert: endsTls.cert,
      key: endsTls.key,
    });
    this.#accepted = this.#accept(port, harms);
  }

  /** Where to connect to. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #accept(port: number, harms: Harms): Promise<void> {
    for (;;) {
      const near = await this.#listener.accept().catch(() => null);
      if (near === null) return;
      this.#conns.add(near);
      this.#relays.push(this.#relay(near, port, harms));
    }
  }

  async #relay(near: Deno.TcpConn | Deno.TlsConn, port: number, harms: Harms): Promise<void> {
    const far = await connectTo(port, harms);
    this.#conns.add(far);
    const guard = new IdleGuard(near, far, harms.idle);
    const there = [
      ...harms.change === undefined ? [] : [harms.change],
      ...harms.maxMessage === undefined ? [] : [cutter(harms.maxMessage)],
    ];
    const onEnd = {
      closes: () => [near, far].forEach(close),
      holds: () => {},
      passes: () => far.closeWrite(),
    }[harms.atEnd ?? "passes"];
    await Promise.all([
      carry(near, far, { guard, harms, changes: there, onEnd }),
      carry(far, near, { guard, harms, changes: [], onEnd: () => near.closeWrite() }),
    ]);
    guard.stop();
    for (const conn of [near, far]) {
      close(conn);
      this.#conns.delete(conn);
    }
  }

  /** Cuts what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepted;
    this.#conns.forEach(close);
    await Promise.all(this.#relays);
  }
}

async function connectTo(
  port: number,
  { endsTls }: Harms,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  const far = { hostname: "::1", port };
  return await (endsTls === undefined
    ? Deno.connect(far)
    : Deno.connectTls({ ...far, caCerts: [endsTls.authority] }));
}

interface Way {
  guard: IdleGuard;
  harms: Harms;
  changes: ((bytes: Uint8Array) => Uint8Array)[];
  onEnd: () => void | Promise<void>;
}

async function carry(
  from: Deno.Conn,
  to: Deno.Conn,
  { guard, harms, changes, onEnd }: Way,
): Promise<void> {
  const piece = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await from.read(piece);
      if (count === null) return await onEnd();
      if (harms.delay !== undefined) await delay(harms.delay());
      if (guard.isSilenced) continue;
      guard.onBytes();
      let bytes: Uint8Array = piece.slice(0, count);
      for (const change of changes) bytes = change(bytes);
      await writeAll(to, bytes);
    }
  } catch {
    // One of the two has gone.
  }
}

/** Passes at most `max` bytes of each line. */
function cutter(max: number): (bytes: Uint8Array) => Uint8Array {
  let length = 0;
  return (bytes) =>
    bytes.filter((byte) => {
      const isPassed = ++length <= max;
      if (byte === 0x0a) length = 0;
      return isPassed;
    });
}

/** Cuts a connection that carries nothing. */
class IdleGuard {
  readonly #conns: [near: Deno.Conn, far: Deno.Conn];
  readonly #idle: Harms["idle"];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether everything vanishes from now on. */
  isSilenced = false;

  constructor(near: Deno.Conn, far: Deno.Conn, idle: Harms["idle"]) {
    this.#conns = [near, far];
    this.#idle = idle;
    this.onBytes();
  }

  /** It carries something. */
  onBytes(): void {
    this.stop();
    if (this.#idle !== undefined) this.#timer = setTimeout(() => this.#cut(), this.#idle.after);
  }

  /** The connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #cut(): void {
    const [near] = this.#conns;
    if (this.#idle?.by === "silence") this.isSilenced = true;
    else {
      if (this.#idle?.by === "reset") resetAllTo((near.remoteAddr as Deno.NetAddr).port);
      this.#conns.forEach(close);
    }
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // closed before
  }
}
