import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Program, type Server, startServer } from "../support/echo.ts";

/** Clients of two workers at least: as many as it takes until both kinds of numbers were seen. */
async function clientsOfTwo(server: Server): Promise<Program[] & AsyncDisposable> {
  const clients: Program[] = [];
  const seen = new Set<number>();
  while (seen.size < 2) {
    clients.push(server.client());
    const line = await server.program.out.find(/"event":"client-connect"/);
    seen.add(JSON.parse(line.input).conn % 2);
  }
  const dispose = async () => {
    for (const client of clients) await client[Symbol.asyncDispose]();
  };
  return Object.assign(clients, { [Symbol.asyncDispose]: dispose });
}

const JSON_START = {
  args: ["::1", "0", "--json", "--workers", "2"],
  ready: /"event":"server-start".*"port":(\d+)/,
};
const start = (...options: string[]) =>
  startServer({ ...JSON_START, args: [...JSON_START.args, ...options] });

Deno.test("two workers share the port, and each connection has its number", async () => {
  await using server = await start();
  await using clients = await clientsOfTwo(server);
  for (const client of clients) {
    await client.type("hello\n");
    await client.out.find(/^server echoed: "hello"/);
  }
});

Deno.test("a broadcast reaches the clients of every worker", async () => {
  await using server = await start("--broadcast");
  await using clients = await clientsOfTwo(server);
  await clients[0]!.type("hello\n");
  await clients[0]!.out.find(/^server echoed: "hello"/);
  for (const client of clients.slice(1)) await client.out.find(/ says: "hello"$/);
});

Deno.test("SIGTERM stops all workers in order, with one line for start and stop", async () => {
  const log = await Deno.makeTempFile();
  await using server = await start("--log", log);
  await using clients = await clientsOfTwo(server);
  for (const client of clients) {
    await client.type("hello\n");
    await client.out.find(/^server echoed: "hello"/);
  }
  server.program.signal("SIGTERM");
  for (const client of clients) await client.out.find(/^server says: the server is shutting down/);
  assertEquals([await server.program.code, await server.program.err.text], [0, ""]);
  const lines = (await Deno.readTextFile(log)).trimEnd().split("\n");
  const of = (event: string) => lines.filter((line) => line.includes(` event=${event} `));
  assertEquals([of("server-start").length, of("server-stop").length], [1, 1]);
  const count = clients.length;
  for (const event of ["client-connect", "message", "client-close"]) {
    assertEquals(of(event).length, count, event);
  }
  assertStringIncludes(lines.at(-1)!, `connections=${count} messages=${count}`);
  await Deno.remove(log);
});

Deno.test("--once stops every worker when the first client has left", async () => {
  await using server = await start("--once");
  await using client = server.client("hello");
  assertEquals(await client.code, 0);
  assertEquals(await server.program.code, 0);
});

Deno.test("a log that cannot keep up holds the workers' clients, and loses nothing", async () => {
  const log = await Deno.makeTempFile();
  await using server = await start("--log", log);
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(200)}`);
  await using client = server.client("--style", "banner");
  const typed = client.type(lines.join("\n") + "\n");
  await client.endInput();
  await typed;
  assertEquals(await client.code, 0);
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  const logged = (await Deno.readTextFile(log)).match(/event=message/g);
  assertEquals(logged?.length, lines.length);
  await Deno.remove(log);
});

Deno.test("workers do not take a port that another server has", async () => {
  await using server = await start();
  await using second = new Program(["server", "::1", `${server.port}`, "--workers", "2"]);
  assertEquals(await second.code, 1);
  assert((await second.err.text).includes("the port is in use"), await second.err.text);
});

Deno.test("of two servers with workers that start together one gets the port", async () => {
  const free = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = free.addr;
  free.close();
  const args = ["server", "::1", `${port}`, "--no-log", "--workers", "2"];
  await using one = new Program(args);
  await using other = new Program(args);
  const started = (it: Program) =>
    it.out.find(/^server is using port: /).then(() => it, () => null);
  const both = await Promise.all([one, other].map((it) => Promise.race([started(it), it.code])));
  const winners = both.filter((it) => it instanceof Program);
  assertEquals(winners.length, 1);
  const loser = winners[0] === one ? other : one;
  assertEquals(await loser.code, 1);
  assertStringIncludes(await loser.err.text, `port ${port}: the port is in use; `);
});
