import { Failure } from "../../lib/failure.ts";
import { connect } from "../../lib/net/connect.ts";
import { listen } from "../../lib/net/listen.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { testIdentity } from "../support/pairs.ts";

/** A TLS listener on loopback whose one client gets as far as it can. */
async function withListener(
  protocols: string[],
  fn: (port: number, authority: string) => Promise<void>,
): Promise<string | null> {
  const { cert, key, authority } = await testIdentity();
  const listener = await listen({ hostname: "::1", port: 0, tls: { cert, key, protocols } });
  const accepted = listener.accept().then(async (conn) => {
    const error = await conn.handshake().then(() => null, (error: Error) => error.message);
    conn.close();
    return error;
  });
  await fn(listener.port, authority);
  listener.close();
  return await accepted.catch(() => null);
}

const OPTIONS = {
  hostname: "::1",
  authorities: [] as string[],
  protocols: [PROTOCOL],
  timeout: 10_000,
  signal: new AbortController().signal,
};

async function failure(options: Partial<typeof OPTIONS> & { port: number }) {
  const error = await assertRejects(() => connect({ ...OPTIONS, ...options }), Failure);
  return [error.kind, error.message];
}

Deno.test("connect() agrees on the protocol, and knows the peer", async () => {
  await withListener([PROTOCOL], async (port, authority) => {
    const { conn, protocol } = await connect({ ...OPTIONS, port, authorities: [authority] });
    assertEquals([protocol, conn.peer, conn.name], [
      PROTOCOL,
      { hostname: "::1", port },
      `[::1]:${port}`,
    ]);
    conn.close();
    conn.close(); // may be called again
  });
});

Deno.test("connect() does not trust an unknown authority", async () => {
  const seen = await withListener([PROTOCOL], async (port) => {
    assertEquals(await failure({ port }), [
      "untrusted",
      `cannot connect to ::1 port ${port}: its certificate is not signed by an authority known here`,
    ]);
  });
  assertEquals(seen, "the client does not trust the server's certificate");
});

Deno.test("connect() needs a protocol in common", async () => {
  const seen = await withListener([PROTOCOL], async (port, authority) => {
    assertEquals(await failure({ port, authorities: [authority], protocols: ["h2"] }), [
      "unreachable",
      `cannot connect to ::1 port ${port}: it speaks another protocol over TLS`,
    ]);
  });
  assertEquals(seen, "the client offered another protocol");
});

Deno.test("connect() finds out that a server does not speak TLS, or hangs up", async () => {
  for (
    const [answer, why] of [
      ["SSH-2.0-OpenSSH\r\n", "it does not speak TLS"],
      ["", "the connection was closed during the handshake"],
    ] as const
  ) {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const { port } = listener.addr;
    const accepted = listener.accept().then(async (conn) => {
      await conn.read(new Uint8Array(4096)); // all of the ClientHello, so that close is no reset
      if (answer !== "") await conn.write(new TextEncoder().encode(answer));
      conn.close();
    });
    assertEquals(await failure({ port }), [
      "unreachable",
      `cannot connect to ::1 port ${port}: ${why}`,
    ]);
    await accepted;
  }
});

Deno.test("connect() finds out that an echo server does not speak TLS", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = listener.addr;
  const accepted = listener.accept().then(async (conn) => {
    await conn.readable.pipeTo(conn.writable).catch(() => {}); // whoever is disappointed may reset
  });
  assertEquals(await failure({ port }), [
    "unreachable",
    `cannot connect to ::1 port ${port}: it does not speak TLS`,
  ]);
  await accepted;
});

Deno.test("connect() gives up after the timeout", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = listener.addr;
  assertEquals(await failure({ port, timeout: 50 }), [
    "unreachable",
    `cannot connect to ::1 port ${port}: it accepts the connection, but does not answer in TLS within 0.05 s`,
  ]);
  (await listener.accept()).close();
});

Deno.test("connect() gives up when told to, during the handshake too", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const connecting = connect({ ...OPTIONS, port: listener.addr.port, signal });
  using conn = await listener.accept();
  interrupt.abort();
  const { kind, cause } = await assertRejects(() => connecting, Failure);
  assertEquals([kind, (cause as Error).name], ["unreachable", "AbortError"]);
  void conn;
});

Deno.test("connect() says which host and port it could not reach, and why", async () => {
  assertEquals(await failure({ port: 1 }), [
    "unreachable",
    "cannot connect to ::1 port 1: connection refused",
  ]);
});

Deno.test({
  name: "connect() says that there is no such name",
  // Deno 2.6 leaks the resource of a signal when a look-up fails; the program ends then anyway.
  sanitizeResources: !Deno.version.deno.startsWith("2.6."),
  async fn() {
    assertEquals(await failure({ hostname: "nosuch.invalid", port: 1 }), [
      "unreachable",
      "cannot connect to nosuch.invalid port 1: there is no such name",
    ]);
  },
});

Deno.test("listen() tells a port in use from an address of another machine", async () => {
  const { cert, key } = await testIdentity();
  using taken = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = taken.addr;
  for (
    const [hostname, why] of [
      ["::1", "the port is in use"],
      ["192.0.2.1", "it is not an address of this machine"],
      ["nosuch.invalid", "there is no such name"],
    ] as const
  ) {
    const error = await assertRejects(
      () => listen({ hostname, port, tls: { cert, key, protocols: [] } }),
      Failure,
    );
    assertEquals([error.kind, error.message], [
      "failed",
      `cannot bind to ${hostname} port ${port}: ${why}`,
    ]);
  }
});

Deno.test("listen() everywhere takes IPv6 and IPv4, and shows IPv4 peers as such", async () => {
  const { cert, key } = await testIdentity();
  const listener = await listen({ hostname: null, port: 0, tls: { cert, key, protocols: [] } });
  for (const hostname of ["::1", "127.0.0.1"]) {
    using near = await Deno.connect({ hostname, port: listener.port });
    const conn = await listener.accept();
    assertEquals(conn.peer.hostname, hostname);
    conn.close();
    void near;
  }
  listener.close();
});
