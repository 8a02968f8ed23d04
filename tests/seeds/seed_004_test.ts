/** Assignment 004: an echo server with optional broadcast; style `plus`. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Program, runClient, startServer } from "../support/echo.ts";

function startPlus(...options: string[]) {
  const args = ["::1", "0", "--style", "plus", ...options];
  return startServer({ args, ready: /^\[\+\] Binding socket to port: (\d+)$/ });
}

Deno.test('004 "[+] Open port 1234 ..." at start, line by line', async () => {
  await using server = await startPlus();
  await server.program.type("exit\n");
  assertEquals(await server.program.code, 0);
  assertEquals((await server.program.out.text).split("\n"), [
    `[+] Open port ${server.port}`,
    "[+] Broadcast option: False",
    "",
    "[+] Created socket",
    `[+] Binding socket to port: ${server.port}`,
    "",
  ]);
  await using broadcasting = await startPlus("-b");
  assertStringIncludes(broadcasting.program.out.soFar, "[+] Broadcast option: True");
});

Deno.test('004 "[+] Connection established | IP 127.0.0.1 Port 33336"', async () => {
  await using server = await startPlus();
  await runClient(["::1", `${server.port}`, "hello"]);
  await server.program.out.find(/^\[\+\] Connection established \| IP ::1 Port \d+$/);
});

Deno.test('004 "Welcome to my server" greets the client', async () => {
  await using server = await startPlus();
  await using client = server.client("--style", "plus");
  const lines = [];
  for (let i = 0; i < 5; i++) lines.push(await client.out.next());
  assertEquals(lines, ["", "", "Welcome to my server", "", ""]);
  await using other = await startPlus("--welcome", "Salut");
  const { out } = await runClient(["::1", `${other.port}`, "--style", "plus"]);
  assertEquals(out, "\n\nSalut\n\n");
});

Deno.test('004 "Receives string through stdin and sends to echoserver"', async () => {
  await using server = await startPlus();
  const { code, out } = await runClient(["::1", `${server.port}`, "--style", "plus"], "hello\n");
  assertEquals([code, out.trim().split("\n").at(-1)], [0, "hello"]);
});

Deno.test('004 "echoserver displays the message to stdout and echoes it back"', async () => {
  await using server = await startPlus();
  await using client = server.client("--style", "plus");
  await client.type("hello\n");
  await client.out.find(/^hello$/);
  await server.program.out.find(/^hello$/);
});

Deno.test('004 "-b ... message echo is broadcasted to all clients", "in real-time"', async () => {
  await using server = await startPlus("-b");
  await using clients = new AsyncDisposableStack();
  const all: Program[] = [];
  for (let i = 0; i < 3; i++) {
    all.push(clients.use(server.client("--style", "plus")));
    await server.program.out.find(/Connection established/);
  }
  for (const [i, speaker] of all.entries()) {
    await speaker.type(`from ${i}\n`);
    for (const client of all) await client.out.find(new RegExp(`^from ${i}$`));
  }
});

Deno.test("004 without -b nothing leaks to others", async () => {
  await using server = await startPlus();
  await using listener = server.client("--style", "plus");
  await server.program.out.find(/Connection established/);
  await runClient(["::1", `${server.port}`, "secret"]);
  await server.program.out.find(/^secret$/);
  await listener.type("mine\n");
  await listener.out.find(/^mine$/);
  assertEquals(listener.out.soFar.includes("secret"), false);
});

Deno.test('004 "./echoserver.py <port> [-b]" in any order, and usage from the table', async () => {
  await using server = new Program(["server", "-b", "0", "--style", "plus", "--no-log"]);
  await server.out.find(/^\[\+\] Broadcast option: True$/);
  await using help = new Program(["server", "--help"]);
  assertEquals(await help.code, 0);
  assertStringIncludes(await help.out.text, "-b, --broadcast");
});
