import type { Conn } from "../../lib/net/conn.ts";
import { connect, connectPlain } from "../../lib/net/connect.ts";
import { listen, type Listener } from "../../lib/net/listen.ts";
import { setNoDelay } from "../../lib/net/socket.ts";
import { delay } from "../../lib/std.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { runClient, startServer } from "../support/echo.ts";
import { testIdentity } from "../support/pairs.ts";
import { Peer } from "../support/service.ts";
import { heldOn } from "../support/sockets.ts";
import { hasTool } from "../support/tools.ts";

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

Deno.test({
  name: "connect() and --plain on both sides have TCP_NODELAY too",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    const hostname = "::1";
    const { authority, ...credentials } = await testIdentity();
    const { signal } = new AbortController();
    for (const tls of [{ ...credentials, protocols: [] }, null]) {
      const listener = await listen({ hostname, port: 0, tls });
      const { port } = listener;
      const how = { hostname, port, timeout: 10_000, signal, authorities: [authority] };
      const accepted = listener.accept().then(async (conn) => {
        await conn.handshake();
        return conn;
      });
      const near = tls === null
        ? await connectPlain(how)
        : (await connect({ ...how, protocols: [] })).conn;
      const far = await accepted;
      assertEquals([noDelayOf(port), noDelayOf(far.peer.port)], [true, true]);
      near.close();
      far.close();
      listener.close();
    }
  },
});

Deno.test("renew() does not open a port that was closed", async () => {
  const { cert, key } = await testIdentity();
  const tls = { cert, key, protocols: [] };
  const listener = await listen({ hostname: "::1", port: 0, tls });
  listener.close();
  await listener.renew(tls);
  await assertRejects(
    () => Deno.connect({ hostname: "::1", port: listener.port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("setNoDelay() says so where nobody listens", () => {
  assertEquals(setNoDelay(1), false);
});

Deno.test({
  name: "the server's task is granted what it needs for TCP_NODELAY",
  ignore: Deno.build.target !== "x86_64-unknown-linux-gnu",
  async fn() {
    const args = ["::1", "0", "--json"];
    await using server = await startServer({ args, ready: /"port":(\d+).*"noDelay":true/ });
    assertEquals(server.port > 0, true);
  },
});

/** Listens on `::1` with TLS. */
async function listening(): Promise<Listener & { authority: string }> {
  const { cert, key, authority } = await testIdentity();
  const tls = { cert, key, protocols: [] };
  return { ...await listen({ hostname: "::1", port: 0, tls }), authority };
}

/** How the peer sees the end: null when it is a clean one. */
async function endOf(near: Deno.TcpConn): Promise<null | number | Error> {
  return await near.read(new Uint8Array(1)).catch((error) => error);
}

Deno.test("abort() ends a connection whose handshake is pending; close() alone does not", async () => {
  const listener = await listening();
  using near = await Deno.connect({ hostname: "::1", port: listener.port });
  const conn = await listener.accept();
  const handshake = assertRejects(() => conn.handshake(), Error);
  await near.write(new Uint8Array([0x16, 0x03])); // the beginning of a ClientHello
  const end = endOf(near);
  conn.close();
  assertEquals(await Promise.race([end, delay(50).then(() => "waits")]), "waits");
  conn.abort();
  assertEquals(await end, null);
  await handshake;
  listener.close();
});

Deno.test({
  name: "abort() frees the socket of a peer that does not read",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = await listening();
    const [conn, peer] = await Promise.all([
      listener.accept(),
      Peer.connect(listener.port, listener.authority, []),
    ]);
    await conn.handshake();
    const stuck = assertRejects(async () => {
      for (const piece = new Uint8Array(1024 * 1024);;) await conn.write(piece);
    }, Error);
    for (let before = -1; before !== conn.written; await delay(100)) before = conn.written;
    const { port } = peer.conn.localAddr as Deno.NetAddr;
    conn.abort();
    await stuck;
    while (heldOn(listener.port).includes(port)) await delay(10);
    peer[Symbol.dispose]();
    listener.close();
  },
});

Deno.test({
  name: "abort() ends many at once, and no others",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = await listening();
    const nears: Deno.TcpConn[] = [], conns: Conn[] = [];
    for (let i = 0; i < 20; i++) {
      nears.push(await Deno.connect({ hostname: "::1", port: listener.port }));
      conns.push(await listener.accept());
    }
    const handshakes = conns.map((conn) => conn.handshake().catch(() => {}));
    const isOdd = (_: unknown, i: number) => i % 2 === 1;
    const isEven = (_: unknown, i: number) => i % 2 === 0;
    conns.filter(isEven).forEach((conn) => conn.abort());
    for (const near of nears.filter(isEven)) assertEquals(await endOf(near), null);
    const left = nears.filter(isOdd).map(({ localAddr }) => localAddr.port);
    while (heldOn(listener.port).length > left.length) await delay(10);
    assertEquals(heldOn(listener.port).toSorted(), left.toSorted());
    nears.forEach((near) => near.close());
    await Promise.all(handshakes);
    conns.forEach((conn) => conn.close());
    listener.close();
  },
});

/** Connects to two addresses from one and the same port, says so, and stays until it is told. */
const TWICE = `
import socket, sys
both = []
for host in ("127.0.0.1", "127.0.0.2"):
    it = socket.socket()
    it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    it.bind(("127.0.0.1", both[0].getsockname()[1] if both else 0))
    it.connect((host, int(sys.argv[1])))
    both.append(it)
sys.stdin.read()
`;

Deno.test({
  name: "abort() tells connections apart that differ in our address alone, also mapped IPv4",
  ignore: Deno.build.os !== "linux" || !hasTool("python3"),
  async fn() {
    const { cert, key } = await testIdentity();
    const listener = await listen({ hostname: "::", port: 0, tls: { cert, key, protocols: [] } });
    const args = ["-c", TWICE, `${listener.port}`];
    const client = new Deno.Command("python3", { args, stdin: "piped" }).spawn();
    const one = await listener.accept();
    const other = await listener.accept();
    assertEquals(one.peer, other.peer);
    const handshakes = [one, other].map((conn) => conn.handshake().catch(() => "failed"));
    one.abort();
    assertEquals(await handshakes[0], "failed");
    assertEquals(await Promise.race([handshakes[1], delay(50).then(() => "waits")]), "waits");
    await client.stdin.close();
    await client.status;
    await handshakes[1];
    other.close();
    listener.close();
  },
});

Deno.test("without FFI the server does what it can", async () => {
  const server = {
    args: ["::1", "0", "--json", "--handshake-timeout", "1s"],
    ready: /"event":"server-start".*"port":(\d+).*"noDelay":false/,
    denied: "ffi",
  };
  await using it = await startServer(server);
  using silent = await Deno.connect({ hostname: "::1", port: it.port });
  await it.program.out.find(/"reason":"handshake-timeout"/);
  assertEquals((await runClient(["::1", `${it.port}`, "hello"])).code, 0);
  await it.program.type("exit\n");
  assertEquals([await it.program.code, await it.program.err.text], [0, ""]);
  void silent;
});
