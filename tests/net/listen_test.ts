import { listen } from "../../lib/net/listen.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { testIdentity } from "../support/pairs.ts";

Deno.test({
  name:
    "listen(): no other process joins the port of a TLS server, which can be renewed all the same",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { cert, key } = await testIdentity();
    const tls = { cert, key, protocols: [] };
    const listener = await listen({ hostname: "::1", port: 0, tls });
    const { hostname, port } = listener;
    const join = () => Deno.listenTls({ hostname, port, cert, key, reusePort: true });
    assertThrows(join, Deno.errors.AddrInUse);
    for (let times = 0; times < 3; times++) await listener.renew(tls);
    const conn = await Deno.connect({ hostname, port });
    const accepted = await listener.accept();
    assertEquals(accepted.peer.port, (conn.localAddr as Deno.NetAddr).port);
    for (const it of [accepted, conn, listener]) it.close();
  },
});

Deno.test("listen(): listeners that share a port do", async () => {
  const { cert, key } = await testIdentity();
  const tls = { cert, key, protocols: [] };
  const first = await listen({ hostname: "::1", port: 0, tls, shared: true });
  const second = await listen({ hostname: "::1", port: first.port, tls, shared: true });
  assertEquals(second.port, first.port);
  await first.renew(tls);
  for (const it of [first, second]) it.close();
});
