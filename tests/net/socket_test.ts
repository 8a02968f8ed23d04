import { listen } from "../../lib/net/listen.ts";
import { setNoDelay } from "../../lib/net/socket.ts";
import { assertEquals } from "../support/assert.ts";
import { startServer } from "../support/echo.ts";
import { testIdentity } from "../support/pairs.ts";

/** What the kernel says of the socket in this process that is connected from `port` of a peer. */
function noDelayOf(port: number): boolean | null {
  const libc = Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {
    getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const address = new Uint8Array(128);
  try {
    for (let descriptor = 3; descriptor < 1024; descriptor++) {
      const failed = libc.symbols.getpeername(descriptor, address, new Uint32Array([128]));
      if (failed !== 0 || (address[2]! << 8 | address[3]!) !== port) continue;
      const value = new Int32Array(1);
      libc.symbols.getsockopt(descriptor, 6, 1, value, new Uint32Array([4])); // TCP_NODELAY
      return value[0] !== 0;
    }
    return null;
  } finally {
    libc.close();
  }
}

Deno.test({
  name: "listen() accepts connections that the kernel says have TCP_NODELAY",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    const { cert, key } = await testIdentity();
    const listener = await listen({ hostname: "::1", port: 0, tls: { cert, key, protocols: [] } });
    assertEquals(listener.noDelay, true);
    using near = await Deno.connect({ hostname: "::1", port: listener.port });
    const conn = await listener.accept();
    assertEquals(noDelayOf(near.localAddr.port), true);
    conn.close();
    listener.close();
  },
});

Deno.test("setNoDelay() says so where nobody listens", () => {
  assertEquals(setNoDelay(1), false);
});

Deno.test(
  "setNoDelay() does without FFI where it is not granted",
  { permissions: { ffi: false } },
  () => {
    assertEquals(setNoDelay(1), false);
  },
);

Deno.test({
  name: "the server's task is granted what it needs for TCP_NODELAY",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    const args = ["::1", "0", "--json"];
    await using server = await startServer({ args, ready: /"port":(\d+).*"noDelay":true/ });
    assertEquals(server.port > 0, true);
  },
});

/** A TLS listener on `::1`, and the connection that comes from `near`. */
async function accepting(): Promise<{ port: number; accept(): Promise<Conn>; close(): void }> {
  const { cert, key } = await testIdentity();
  return await listen({ hostname: "::1", port: 0, tls: { cert, key, protocols: [] } });
}

/** How the peer sees the end: null when it is a clean one. */
async function endOf(near: Deno.TcpConn): Promise<null | number | Error> {
  return await near.read(new Uint8Array(1)).catch((error) => error);
}

Deno.test("abort() ends a connection whose handshake is pending; close() alone does not", async () => {
  const listener = await accepting();
  using near = await Deno.connect({ hostname: "::1", port: listener.port });
  const conn = await listener.accept();
  const handshake = assertRejects(() => conn.handshake());
  await near.write(new Uint8Array([0x16, 0x03])); // the beginning of a ClientHello
  conn.abort();
  assertEquals(await endOf(near), null);
  await handshake;
  listener.close();
});

Deno.test("abort() ends a connection whose peer does not read", async () => {
  const listener = await accepting();
  const [conn, near] = await Promise.all([listener.accept(), connectTls(listener.port)]);
  await conn.handshake();
  const piece = new Uint8Array(1024 * 1024);
  const writing = (async () => {
    for (;;) await conn.write(piece);
  })();
  const stuck = assertRejects(() => writing);
  for (let before = -1; before !== conn.written; await delay(100)) before = conn.written;
  assertEquals(socketsTo(near.localAddr), 1);
  conn.abort();
  await stuck;
  await until(() => socketsTo(near.localAddr) === 0);
  near.close();
  listener.close();
});

Deno.test("abort() ends many at once, and no others", async () => {
  const listener = await accepting();
  const nears: Deno.TcpConn[] = [], conns: Conn[] = [];
  for (let i = 0; i < 20; i++) {
    nears.push(await Deno.connect({ hostname: i % 2 ? "::1" : "::1", port: listener.port }));
    conns.push(await listener.accept());
  }
  const handshakes = conns.map((conn) => conn.handshake().catch(() => {}));
  conns.forEach((conn, i) => i % 2 === 0 && conn.abort());
  for (const near of nears.filter((_, i) => i % 2 === 0)) assertEquals(await endOf(near), null);
  for (const near of nears.filter((_, i) => i % 2 === 1)) {
    assertEquals(socketsTo(near.localAddr as Deno.NetAddr), 1);
  }
  nears.forEach((near) => near.close());
  await Promise.all(handshakes);
  conns.forEach((conn) => conn.close());
  listener.close();
});

Deno.test(
  "abort() does what close() does where FFI is not granted",
  { permissions: { ffi: false, net: true } },
  async () => {
    using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using near = await Deno.connect({ hostname: "127.0.0.1", port: plain.addr.port });
    const conn = new PlainConn(await plain.accept());
    conn.abort();
    conn.abort();
    assertEquals(await endOf(near), null);
  },
);
