/**
 * What a WebSocket costs a server that says nothing and hears nothing.
 *
 * @module
 */
import { delay } from "../lib/std.ts";
import { upgradeRequest } from "../tests/support/websocket.ts";
import { memory } from "./process.ts";

/** How many are there before it counts, and how many are counted. */
const COUNTS = { first: 100, more: 1_000 };

/** How long memory may take to be given back that handshakes needed, in milliseconds. */
const SETTLING_MS = 3_000;

/** Kilobytes (1,000 bytes) of each, over TLS. */
export async function measureIdleWebSockets(
  pid: number,
  port: number,
  authority: string,
): Promise<number> {
  const conns: Deno.TlsConn[] = [];
  const open = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const tcp = await Deno.connect({ hostname: "::1", port });
      const alpnProtocols = ["http/1.1"];
      const conn = await Deno.startTls(tcp, {
        hostname: "::1",
        caCerts: [authority],
        alpnProtocols,
      });
      await conn.write(upgradeRequest("[::1]"));
      await conn.read(new Uint8Array(1024));
      conns.push(conn);
    }
    await delay(SETTLING_MS);
    return memory(pid);
  };
  const before = await open(COUNTS.first);
  const after = await open(COUNTS.more);
  for (const conn of conns) conn.close();
  return (after - before) / COUNTS.more / 1000;
}
