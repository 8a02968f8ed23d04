/**
 * The floor of our ground: an echo over TLS of Deno alone, with nothing but a read and a write.
 * Usage: deno run -A deno_loop.ts PORT CERT KEY BUFFER; prints `ready`.
 *
 * @module
 */
import { setNoDelay } from "../../lib/net/socket.ts";

const [port, certPath, keyPath, bufferSize] = Deno.args;
const cert = Deno.readTextFileSync(certPath!);
const key = Deno.readTextFileSync(keyPath!);
const listener = Deno.listenTls({ hostname: "::1", port: Number(port), cert, key });
setNoDelay(Number(port));
console.log("ready");
for (;;) void echo(await listener.accept());

async function echo(conn: Deno.TlsConn): Promise<void> {
  const buffer = new Uint8Array(Number(bufferSize));
  try {
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      for (let at = 0; at < count;) at += await conn.write(buffer.subarray(at, count));
    }
    await conn.closeWrite();
  } catch {
    // The client has left.
  }
  conn.close();
}
