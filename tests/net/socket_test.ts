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
