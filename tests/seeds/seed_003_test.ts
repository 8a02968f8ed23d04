/** Assignment 003: a simple client and server with a buffer of 1K; style `python`. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient, startServer } from "../support/echo.ts";

const OPTIONS = ["--style", "python", "--buffer", "1k"];

Deno.test('003 "Have the server print a statement to verify connection to the client"', async () => {
  for (
    const [host, tuple] of [
      ["127.0.0.1", /^Connected by \('127\.0\.0\.1', \d+\)$/],
      ["::1", /^Connected by \('::1', \d+, 0, 0\)$/],
    ] as const
  ) {
    // On its screen it says nothing before its first client; its log says the port.
    const log = `${await Deno.makeTempDir()}/log`;
    await new Deno.Command("mkfifo", { args: [log] }).output();
    await using server = new Program(["server", host, "0", "--log", log, ...OPTIONS]);
    using pipe = await Deno.open(log);
    const started = new Uint8Array(1024);
    const line = new TextDecoder().decode(started.subarray(0, await pipe.read(started) ?? 0));
    const [, port] = /event=server-start .*port=(\d+)/.exec(line) ?? [];
    assertEquals((await runClient([host, port!, "hello"])).code, 0);
    assertMatch(await server.out.next() ?? "", tuple);
  }
});

Deno.test('003 "Have the client print a statement echoing back the message received"', async () => {
  await using server = await startServer("--buffer", "1k");
  const message = "Demo Message - client: Ann Foothill";
  const { code, out } = await runClient(["::1", `${server.port}`, message, ...OPTIONS]);
  assertEquals([code, out], [0, `Received b'${message}'`]);
});

Deno.test("003 \"Received b'...'\" is Python's repr of the bytes", async () => {
  await using server = await startServer("--buffer", "1k");
  for (
    const [message, repr] of [
      ["it's", `b"it's"`],
      [`"it's"`, `b'"it\\'s"'`],
      ["back\\slash", "b'back\\\\slash'"],
      ["tab\tü", "b'tab\\t\\xc3\\xbc'"],
    ] as const
  ) {
    const { out } = await runClient(["::1", `${server.port}`, message, ...OPTIONS]);
    assertEquals(out, `Received ${repr}`);
  }
});

Deno.test('003 "Close ... when either one of the parties ... sends an empty string"', async () => {
  await using server = await startServer("--once", "--buffer", "1k");
  await using client = new Program(["client", "::1", `${server.port}`, ...OPTIONS]);
  await client.type("hello\n");
  assertEquals(await client.out.next(), "Received b'hello'");
  await client.type("\n");
  assertEquals([await client.code, await client.err.text], [0, ""]);
  await server.program.out.find(/has left with an empty message/);
  assertEquals(await server.program.code, 0);
});

Deno.test('003 1 "Set the message buffer size to 1K"', async () => {
  await using server = await startServer("--buffer", "1k");
  for (const length of [1023, 1024, 1025, 2048, 10_000]) {
    const message = "x".repeat(length);
    const { code, out } = await runClient(["::1", `${server.port}`, message, ...OPTIONS]);
    assertEquals([code, out], [0, `Received b'${message}'`]);
  }
});

Deno.test('003 3 "Validate if there is an error creating the socket or binding"', async () => {
  await using server = await startServer();
  await using binding = new Program(["server", "::1", `${server.port}`, "--no-log"]);
  assertEquals(await binding.code, 1);
  assertMatch(await binding.err.text, /^echo: cannot bind to ::1 port \d+: the port is in use; /);
  const connecting = await runClient(["::1", "1", "hello"]);
  assertMatch(connecting.err, /^echo: cannot connect to ::1 port 1: connection refused; /);
});

Deno.test('003 6 "Close the socket connections before your programs exit"', async () => {
  await using server = await startServer();
  await runClient(["::1", `${server.port}`, "hello"]);
  const closed = await server.program.out.find(/has left/); // close_notify came: it was closed, not lost
  assert(!closed.input.includes("lost"));
  await server.program.type("exit\n");
  assertEquals(await server.program.code, 0);
  using again = Deno.listen({ hostname: "::1", port: server.port }); // the port is free
  assertEquals(again.addr.port, server.port);
});
