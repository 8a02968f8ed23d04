/**
 * The echo service in this process, over real TLS on loopback, and bare connections to it.
 *
 * @module
 */
import { listen } from "../../lib/net/listen.ts";
import { fanOut } from "../../lib/cli/sinks.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import type { Meter } from "../../lib/server/meter.ts";
import { SERVER_DEFAULTS, type ServerOptions } from "../../lib/server/options.ts";
import { serve, standalone } from "../../lib/server/server.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { websocket } from "../../lib/wire/websocket.ts";
import { recvFrame } from "./frames.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { ByteReader, recvN } from "../../lib/wire/reader.ts";
import { testIdentity } from "./pairs.ts";
import { sinkTo } from "./sink.ts";
import { Recorder } from "./recorder.ts";
import { concat, utf8 } from "./sources.ts";

/** A running service. */
export interface Service extends AsyncDisposable {
  /** What it has told. */
  recorder: Recorder<ServerEvent>;
  /** Where it listens, on `::1`. */
  port: number;
  /** Tells it to stop; settles when it has. */
  stop(): Promise<void>;
  /** Connects to it. */
  connect(options?: { protocols?: string[]; port?: number }): Promise<Peer>;
}

/** Starts a service. `before` sees each event first, and may throw; `meter` counts. */
export async function startService(
  options: Partial<ServerOptions> = {},
  before: (event: ServerEvent) => void = () => {},
  meter: Meter | null = null,
): Promise<Service> {
  const { cert, key, authority } = await testIdentity();
  const listener = await listen({
    hostname: "::1",
    port: 0,
    tls: { cert, key, protocols: [PROTOCOL, websocket.alpn] },
  });
  const recorder = new Recorder<ServerEvent>();
  const stopping = new AbortController();
  const limits = { ...SERVER_DEFAULTS, ...options };
  const emit = (event: ServerEvent) => (before(event), recorder.emit(event));
  const sinks = meter === null ? [sinkTo(emit)] : [sinkTo(emit), meter];
  const shared = standalone(limits, meter);
  const served = serve(listener, limits, fanOut(sinks), stopping.signal, shared);
  const stop = () => {
    stopping.abort();
    return served;
  };
  return {
    recorder,
    port: listener.port,
    stop,
    connect: ({ protocols = [PROTOCOL], port = listener.port } = {}) =>
      Peer.connect(port, authority, protocols),
    [Symbol.asyncDispose]: stop,
  };
}

/** A bare peer: it speaks frames, and can also say anything else. */
export class Peer implements Disposable {
  /** The connection itself. */
  readonly conn: Deno.TlsConn;
  readonly #reader: ByteReader;

  private constructor(conn: Deno.TlsConn) {
    this.conn = conn;
    this.#reader = new ByteReader(conn);
  }

  /** Connects, and completes the handshake. */
  static async connect(port: number, authority: string, alpnProtocols: string[]): Promise<Peer> {
    const hostname = "::1";
    const tcp = await Deno.connect({ hostname, port });
    tcp.setNoDelay();
    const conn = await Deno.startTls(tcp, { hostname, caCerts: [authority], alpnProtocols });
    await conn.handshake().catch((error) => {
      conn.close();
      throw error;
    });
    return new Peer(conn);
  }

  /** Sends bytes as they are, in one write. */
  async send(...bytes: Uint8Array[]): Promise<void> {
    const whole = concat(...bytes);
    for (let written = 0; written < whole.length;) {
      written += await this.conn.write(whole.subarray(written));
    }
  }

  /** Sends text messages, all in one write. */
  say(...texts: string[]): Promise<void> {
    return this.send(...texts.map((text) => encodeMsg(Kind.text, utf8(text))));
  }

  /** The next message, its payload as text; null at a clean end. */
  async hear(): Promise<{ kind: Kind; text: string } | null> {
    const message = await this.receive();
    return message && { kind: message.kind, text: new TextDecoder().decode(message.payload) };
  }

  /** The next message, its payload copied; null at a clean end. */
  async receive(): Promise<{ kind: Kind; payload: Uint8Array } | null> {
    const message = await recvFrame(this.#reader);
    return message && { kind: message.kind, payload: message.payload.slice() };
  }

  /** The next `count` bytes. */
  async take(count: number): Promise<Uint8Array> {
    return (await recvN(this.#reader, count))?.slice() ?? new Uint8Array();
  }

  /** All bytes until the clean end. */
  async rest(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    while (await this.#reader.fill(1)) {
      pieces.push(this.#reader.take(this.#reader.available).slice());
    }
    return concat(...pieces);
  }

  /** Leaves. */
  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // closed before
    }
  }
}
