/**
 * The ways of `echo ping`: a connection in any dialect, or datagrams.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import type { Conn } from "../net/conn.ts";
import type { DatagramSocket } from "../net/datagram.ts";
import { equals } from "../std.ts";
import { formatHostPort } from "../text/host_port.ts";
import { type DialectName, DIALECTS } from "../wire/dialect.ts";
import { Kind } from "../wire/kind.ts";
import { recvMsg } from "../wire/message.ts";
import { ByteReader } from "../wire/reader.ts";
import { ClientFailures } from "./failures.ts";
import type { PingLink } from "./ping.ts";

/** The longest message that a server may send besides echoes, in bytes. */
const MAX_REPLY_BYTES = 64 * 1024;

/** A way over a connection whose handshake is done; `server` is its name for failures. */
export function pingOver(
  conn: Conn,
  server: string,
  dialect: DialectName,
  times: PingLink["times"],
): PingLink {
  const inFlight: Uint8Array[] = [];
  let earlier: Uint8Array[] = [];
  const reader = new ByteReader(conn);
  const codec = DIALECTS[dialect].openClient({
    reader,
    maxMessage: MAX_REPLY_BYTES,
    expected: {
      echo: () => inFlight[0],
      history: () => null,
      isFirst: () => earlier.length === 0,
      othersMaySpeak: false,
    },
  });
  const failures = new ClientFailures(server, 0);
  let count = 0;
  const mismatch = (received: Uint8Array, wanted: Uint8Array | null) =>
    failures.wrongEcho(count + 1, { received, wanted, earlier }, false);
  return {
    peer: conn.name,
    times,
    async send(payload) {
      inFlight.push(payload);
      await conn.write(codec.encode(Kind.text, payload)!);
    },
    async next() {
      for (;;) {
        const reply = await recvMsg(reader, codec);
        if (reply === null) return null;
        if (reply.type === "control") await conn.write(reply.answer);
        else if (reply.type === "stray") throw mismatch(reply.bytes, reply.wanted);
        else if (reply.type === "error") {
          const why = new TextDecoder().decode(reply.reason);
          throw new Failure("lost", { what: "cannot ping", why });
        } else if (reply.type === "echo") {
          const sent = inFlight.shift();
          if (sent === undefined || !equals(sent, reply.payload)) {
            throw mismatch(reply.payload, sent ?? null);
          }
          count++;
          earlier = [sent, ...earlier.slice(0, 3)];
          return sent;
        }
      }
    },
    close: () => conn.close(),
  };
}

/** A way over datagrams to `server`: they may be lost, or come late. */
export function pingDatagrams(socket: DatagramSocket, server: Endpoint): PingLink {
  let isClosed = false;
  return {
    peer: formatHostPort(server),
    times: { connect: null, handshake: null },
    send: async (payload) => void await socket.send(payload, server),
    async next() {
      while (!isClosed) {
        try {
          const { bytes, from } = await socket.receive();
          if (from.hostname === server.hostname && from.port === server.port) return bytes.slice();
        } catch (error) {
          if (isClosed) break;
          // Nothing listens there now (ICMP): the next message may find it again.
          if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
        }
      }
      return null;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      socket[Symbol.dispose]();
    },
  };
}
