/** Assignment 002: client and server with a message log; style `transcript`, the default. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Program, runClient, startServer } from "../support/echo.ts";

Deno.test('002 server 1 "port number ... command line argument or keyboard (stdin)"', async () => {
  await using server = new Program(["server", "--no-log"]);
  await server.type("0\n");
  assertMatch((await server.out.find(/using port/)).input, /^server is using port: \d+$/);
  await server.type("exit\n");
  assertEquals(await server.code, 0);
  await using wrong = new Program(["server", "--no-log"]);
  await wrong.type("port\n");
  assertEquals(await wrong.code, 2);
  assertStringIncludes(await wrong.err.text, 'cannot use PORT "port"');
});

Deno.test('002 server 2 "output its IP address and the port number"', async () => {
  await using server = await startServer();
  const [first, second] = server.program.out.soFar.split("\n");
  assertEquals([first, second], [
    "server is at address: ::1",
    `server is using port: ${server.port}`,
  ]);
  await using everywhere = new Program(["server", "0", "--no-log"]);
  const [, address] = await everywhere.out.find(/^server is at address: (.+)$/);
  assertMatch(address!, /^[0-9a-f.:]+$/);
  assertEquals(["::", "0.0.0.0"].includes(address!), false, "an address another computer can use");
});

Deno.test('002 server 3, 4, 5 and 6: "something like this", line by line', async () => {
  await using server = await startServer("--once");
  const input =
    "This is my first message\nAnd now my second message\nthis is my last message\nquit\n";
  const { code } = await runClient(["::1", `${server.port}`], input);
  assertEquals(code, 0);
  assertEquals(await server.program.code, 0); // "Once the server transmits this, the program will end"
  assertEquals((await server.program.out.text).split("\n"), [
    "server is at address: ::1",
    `server is using port: ${server.port}`,
    "server connected to client at address: ::1",
    'server received message: "This is my first message"',
    'server received message: "And now my second message"',
    'server received message: "this is my last message"',
    "the client had informed the server that it is quitting",
  ]);
});

Deno.test('002 client 1 "IP address and port number ... argument or keyboard (stdin)"', async () => {
  await using server = await startServer();
  const { code, out } = await runClient([], `::1\n${server.port}\nhello\n`);
  assertEquals(code, 0);
  assertStringIncludes(out, 'server echoed: "hello"');
  const half = await runClient(["::1"], `${server.port}\nhello\n`);
  assertEquals(half.code, 0);
  assertStringIncludes(half.out, 'server echoed: "hello"');
  const wrong = await runClient([], "::1\n99999\n");
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, 'cannot use PORT "99999"');
});

Deno.test('002 client 2 "create a connection to the server and output the status"', async () => {
  await using server = await startServer();
  const { out } = await runClient(["::1", `${server.port}`]);
  assertEquals(out, "client had connected to the server!");
});

Deno.test("002 client 3, 4, 5 and 6: messages until quit, then the message log", async () => {
  await using server = await startServer();
  await using client = new Program(["client", "::1", `${server.port}`]);
  const lines: string[] = [];
  const see = async (count: number) => {
    for (let i = 0; i < count; i++) lines.push(await client.out.next() ?? "(end)");
  };
  await see(1);
  for (const text of ["This is my first message", "And now my second message"]) {
    await client.type(`${text}\n`);
    await see(2);
  }
  await client.type("quit\n");
  assertEquals(await client.code, 0);
  await see(5);
  assertEquals(lines, [
    "client had connected to the server!",
    'client sending message: "This is my first message"',
    'server echoed: "This is my first message"',
    'client sending message: "And now my second message"',
    'server echoed: "And now my second message"',
    "client informing server that it is quitting.",
    "client received message log.",
    "This is my first message",
    "And now my second message",
    "(end)",
  ]);
});

Deno.test('002 "you must check for these error conditions"', async () => {
  const refused = await runClient(["::1", "1"]);
  assertEquals(refused.code, 3);
  await using server = await startServer();
  await using second = new Program(["server", "::1", `${server.port}`, "--no-log"]);
  assertEquals(await second.code, 1);
  assertMatch(await second.err.text, /^echo: cannot bind to ::1 port \d+: the port is in use/);
});
