/** `--admin` of the real server: promtool reads its metrics, and a browser shows its live page. */
import { get } from "../support/admin.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Browser, hasChromium, type Page } from "../support/browser.ts";
import { runProgram, type Server, startServer } from "../support/echo.ts";
import { hasTool, runTool } from "../support/tools.ts";

const hasPromtool = hasTool("promtool");
const suffix = (has: boolean, tool: string) => has ? "" : ` (skipped: ${tool} is missing)`;

/** A server on this port of 127.0.0.1, or a free one, and its admin port. */
async function startWithAdmin(
  options: string[] = [],
  ports = { port: 0, admin: 0 },
): Promise<Server & { admin: number }> {
  const server = await startServer({
    args: ["127.0.0.1", `${ports.port}`, "--admin", `${ports.admin}`, ...options],
    ready: /^server is using port: (\d+)$/,
  });
  const [, port] = await server.program.err.find(/^admin: http:\/\/127\.0\.0\.1:(\d+)\/$/);
  return { ...server, admin: Number(port) };
}

/** Opens connections that send a line each and get it back. */
async function openClients(port: number, count: number): Promise<Deno.TcpConn[]> {
  return await Promise.all(Array.from({ length: count }, async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode("hello\n"));
    await conn.read(new Uint8Array(6));
    return conn;
  }));
}

/** The value of a metric. */
async function metric(admin: number, name: string): Promise<number> {
  const { body } = await get(admin, "/metrics");
  return Number(body.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
}

for (const workers of ["1", "2"]) {
  Deno.test({
    name: `metrics: promtool accepts them, --workers ${workers}` + suffix(hasPromtool, "promtool"),
    ignore: !hasPromtool,
    async fn() {
      await using server = await startWithAdmin(["--plain", "--workers", workers]);
      const clients = await openClients(server.port, 20);
      const { body } = await get(server.admin, "/metrics");
      const { code, out, err } = await runTool(["promtool", "check", "metrics"], { input: body });
      assertEquals([code, out, err], [0, "", ""]);
      assertMatch(body, /^echo_messages_total\{dialect="raw"\} 20$/m);
      assertMatch(body, /^echo_connections\{dialect="raw"\} 20$/m);
      assertMatch(body, /^echo_connections_accepted_total 20$/m);
      for (const conn of clients) conn.close();
      while (await metric(server.admin, 'echo_connections_closed_total{reason="end"}') !== 20);
      assertEquals(await metric(server.admin, 'echo_connections{dialect="raw"}'), 0);
    },
  });
}

Deno.test("admin: /connections has the clients of all workers", async () => {
  await using server = await startWithAdmin(["--plain", "--workers", "2"]);
  const clients = await openClients(server.port, 8);
  const status = JSON.parse((await get(server.admin, "/connections")).body);
  assertEquals([status.connections, status.messages, status.state], [8, 8, "serving"]);
  const { clients: rows, limits } = status;
  assertEquals(rows.map(({ messages }: { messages: number }) => messages), Array(8).fill(1));
  assertEquals(limits[0].used, 8);
  for (const conn of clients) conn.close();
});

Deno.test("admin: a server that stops is not ready while it drains, and still lives", async () => {
  await using server = await startWithAdmin(["--plain", "--drain", "10s"]);
  const [client] = await openClients(server.port, 1);
  assertEquals((await get(server.admin, "/readyz")).status, 200);
  const { program } = server;
  program.signal("SIGTERM");
  for (;;) {
    const { status, body } = await get(server.admin, "/readyz");
    if (status === 503) {
      assertEquals(body, "stopping\n");
      break;
    }
  }
  assertEquals((await get(server.admin, "/livez")).status, 200);
  client!.close();
  assertEquals(await program.code, 0);
});

Deno.test("admin: a port in use ends the server with one sentence, a wrong one with the rule", async () => {
  await using server = await startWithAdmin(["--plain"]);
  const run = async (admin: string) => {
    const { code, err } = await runProgram([
      "server",
      "0",
      "--plain",
      "--no-log",
      "--admin",
      admin,
    ]);
    return [code, err.split("\n")[0]];
  };
  assertEquals(await run(`${server.admin}`), [
    1,
    `echo: cannot bind to 127.0.0.1 port ${server.admin}: the port is in use; ` +
    "stop the program that uses it, or choose another port",
  ]);
  const expected = "it takes [HOST:]PORT, such as 9090, 0.0.0.0:9090 or [::1]:9090";
  for (const wrong of ["x", "70000", "1.2.3:80", "::1:80"]) {
    assertEquals(await run(wrong), [2, `echo: cannot use --admin "${wrong}": ${expected}`]);
  }
});

Deno.test("admin: a HOST that other machines reach is said loudly", async () => {
  await using server = await startServer({
    args: ["127.0.0.1", "0", "--admin", "0.0.0.0:0"],
    ready: /^server is using port: (\d+)$/,
  });
  await server.program.err.find(/^admin: http:\/\/0\.0\.0\.0:\d+\/$/);
  assertMatch((await server.program.err.next())!, /^echo: --admin has no password: every host /);
});

function browserTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + suffix(hasChromium, "chromium"), ignore: !hasChromium, fn });
}

const text = (page: Page, id: string) =>
  page.evaluate(`(at("${id}").tBodies?.[0] ?? at("${id}")).textContent`);

browserTest(
  "live page: figures, clients in any order, limits, and a server that comes back",
  async () => {
    await using browser = await Browser.start();
    let ports = { port: 0, admin: 0 };
    let page: Page;
    {
      await using server = await startWithAdmin(["--plain"]);
      ports = { port: server.port, admin: server.admin };
      const clients = await openClients(server.port, 3);
      await clients[2]!.write(new TextEncoder().encode("more\n"));
      page = await browser.open(`http://127.0.0.1:${server.admin}/`);
      await page.until(`at("link").textContent === "live"`);
      await page.until(`at("connections").textContent === "3"`);
      await page.until(`document.querySelectorAll("#messages-plot canvas").length === 1`);
      const order =
        `[...at("clients").tBodies[0].rows].map((row) => row.cells[0].textContent).join()`;
      const sortBy = (key: string) =>
        page.evaluate(`document.querySelector('th[data-key="${key}"] button').click()`);
      await page.until(`${order} === "1,2,3"`);
      await sortBy("conn");
      assertEquals(await page.evaluate(order), "3,2,1");
      await sortBy("messages");
      await page.until(`${order}.startsWith("3,")`);
      assertMatch(String(await text(page, "limits")), /connections3 of 10,000/);
      assertMatch(String(await text(page, "facts")), /certificatenone: no TLS/);
      assertEquals(await page.evaluate(`at("notice").hidden`), true);
      for (const conn of clients) conn.close();
      await page.until(`at("closed").tBodies[0].textContent === "end3"`);
      server.program.signal("SIGTERM");
      await page.until(`at("link").textContent === "not connected, trying again"`);
      assertEquals(await server.program.code, 0);
    }
    await using _again = await startWithAdmin(["--plain"], ports);
    await page.until(`at("link").textContent === "live"`);
    assertMatch(
      String(await text(page, "notice")),
      /^the server was started again at \d\d:\d\d:\d\d$/,
    );
    assertEquals(await text(page, "connections"), "0");
  },
);

browserTest("live page: a thousand connections, of which the first 200 are shown", async () => {
  await using server = await startWithAdmin(["--plain"]);
  const clients = await openClients(server.port, 1_000);
  await using browser = await Browser.start("--window-size=500,900");
  const page = await browser.open(`http://127.0.0.1:${server.admin}/`);
  await page.until(`at("connections").textContent === "1,000"`);
  assertEquals(await text(page, "shown"), "the first 200 of 1,000");
  assertEquals(await page.evaluate(`at("clients").tBodies[0].rows.length`), 200);
  // Nothing is wider than a narrow window, but for the table, which scrolls by itself.
  assertEquals(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`), true);
  for (const conn of clients) conn.close();
});
