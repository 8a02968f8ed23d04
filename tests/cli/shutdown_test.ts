import { assertEquals } from "../support/assert.ts";
import { insist, Program, startServer } from "../support/echo.ts";

Deno.test("SIGINT at a waiting client ends it with 0, when its echoes are back", async () => {
  await using server = await startServer();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using client = server.client();
    await client.type("hello\n");
    await client.out.find(/^server echoed/);
    client.signal(signal);
    assertEquals([await client.code, await client.err.text], [0, ""]);
  }
});

Deno.test("SIGINT at a client that is still sending ends it with 0, nothing owed", async () => {
  await using server = await startServer();
  await using client = server.client("--style", "banner");
  let pumping = true;
  const pump = (async () => {
    while (pumping) await client.type("hello\n".repeat(100)).catch(() => pumping = false);
  })();
  await client.out.find(/^hello/);
  client.signal("SIGINT");
  assertEquals([await client.code, await client.err.text], [0, ""]);
  pumping = false;
  await pump;
});

Deno.test("SIGINT at a client that is still connecting ends it with 130", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  await using client = new Program(["client", "::1", `${listener.addr.port}`, "hello"]);
  using conn = await listener.accept(); // and never a word of TLS
  await conn.read(new Uint8Array(1)); // it waits for ours
  client.signal("SIGINT");
  assertEquals([await client.code, await client.err.text], [130, ""]);
});

Deno.test("two signals in a row are one wish: it ends in order", async () => {
  await using server = await startServer();
  await using client = server.client();
  await client.type("hello\n");
  await client.out.find(/^server echoed/);
  // As Ctrl-C at `deno task server`: from the terminal, and passed on by the task.
  server.program.signal("SIGINT");
  server.program.signal("SIGTERM");
  await client.out.find(/^server says: the server is shutting down/);
  assertEquals([await server.program.code, await server.program.err.text], [0, ""]);
});

Deno.test("a signal some time after the first ends a server at once with 130", async () => {
  await using server = await startServer("--drain", "1h");
  await using client = server.client();
  await client.type("hello\n");
  await client.out.find(/^server echoed/);
  client.signal("SIGSTOP"); // it stays, and keeps the server
  await insist(server.program);
  assertEquals([await server.program.code, await server.program.err.text], [130, ""]);
});
