/**
 * A server that does what it is told, over real TLS on loopback, and a client connected to it.
 *
 * @module
 */
import { Client } from "../../lib/client/client.ts";
import type { ClientEvent } from "../../lib/client/events.ts";
import { TlsConn } from "../../lib/net/conn.ts";
import { connect } from "../../lib/net/connect.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { type Frame, recvFrame } from "./frames.ts";
import { BUFFER_SIZE, ByteReader } from "../../lib/wire/reader.ts";
import { Cable } from "./cable.ts";
import { testIdentity } from "./pairs.ts";
import { Recorder } from "./recorder.ts";

/** The server's end of the one connection. */
export interface Stranger {
  /** Its socket. */
  conn: TlsConn;
  /** The next message of the client's; null at its end. */
  receive(): Promise<Frame | null>;
}

/** Both sides. */
export interface Meeting extends AsyncDisposable {
  /** The client. */
  client: Client;
  /** What it told. */
  recorder: Recorder<ClientEvent>;
  /** The server's end. */
  stranger: Stranger;
  /** What lies between them. */
  cable: Cable;
}

/** Connects a client to a server that only does what the test says. */
export async function meet(timeout = 10_000): Promise<Meeting> {
  const { cert, key, authority } = await testIdentity();
  using listener = Deno.listenTls({
    hostname: "::1",
    port: 0,
    cert,
    key,
    alpnProtocols: [PROTOCOL],
  });
  const cable = new Cable(listener.addr.port);
  const [{ conn: near }, far] = await Promise.all([
    connect({
      hostname: "::1",
      port: cable.port,
      authorities: [authority],
      protocols: [PROTOCOL],
      timeout: 10_000,
      signal: new AbortController().signal,
    }),
    listener.accept().then(async (conn) => {
      await conn.handshake();
      return new TlsConn(conn);
    }),
  ]);
  const recorder = new Recorder<ClientEvent>();
  const client = new Client(
    near,
    { server: "the stranger", timeout, dialect: "frames", buffer: BUFFER_SIZE },
    recorder.emit,
  );
  const reader = new ByteReader(far);
  return {
    client,
    recorder,
    cable,
    stranger: { conn: far, receive: () => recvFrame(reader) },
    async [Symbol.asyncDispose]() {
      far.close();
      near.close();
      await cable.cut();
      await client.finished.catch(() => {});
    },
  };
}
