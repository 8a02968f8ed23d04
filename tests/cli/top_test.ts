/** `echo top` against a real server: once, as JSON, in a terminal, and what can go wrong. */
import { parseStatus } from "../../lib/admin/parse_status.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { printedCall, runProgram, type Server, startServer } from "../support/echo.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";

async function startWithAdmin(admin = 0): Promise<Server & { admin: number }> {
  const args = ["127.0.0.1", "0", "--plain", "--admin", `${admin}`];
  const server = await startServer({ args, ready: /^server is using port: (\d+)$/ });
  const [, port] = await server.program.err.find(/^admin: http:\/\/127\.0\.0\.1:(\d+)\/$/);
  return { ...server, admin: Number(port) };
}

async function sayHello(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode("hello\n"));
  await conn.read(new Uint8Array(6));
  return conn;
}

/** A port of 127.0.0.1 where nothing listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("top: --once prints the state and ends, and so does a pipe", async () => {
  await using server = await startWithAdmin();
  using _ = await sayHello(server.port);
  for (const args of [["--once"], []]) {
    const { code, out, err } = await runProgram(["top", `${server.admin}`, ...args]);
    assertEquals([code, err], [0, ""]);
    const [first, second, , , row] = out.split("\n");
    assertMatch(first!, /^echo \S+ {2}127\.0\.0\.1:\d+ {2}serving {2}up \d+ s$/);
    assertMatch(second!, /^1 client /);
    assertMatch(row!, /^ +1 127\.0\.0\.1:\d+ +raw +\d+ s +1 +6 B +- +-$/);
  }
});

Deno.test("top: --json is for programs, each line a whole state", async () => {
  await using server = await startWithAdmin();
  using _ = await sayHello(server.port);
  const url = `http://127.0.0.1:${server.admin}/`;
  const { code, out } = await runProgram(["top", url, "--json", "--once"]);
  const status = parseStatus(out);
  assertEquals([code, status?.messages, status?.clients.length], [0, 1, 1]);
  assertEquals(parseStatus(out.replace('"messages":1', '"messages":"1"')), null);
});

Deno.test("top: what is wrong is one sentence and a documented exit code", async () => {
  await using server = await startServer({
    args: ["127.0.0.1", "0", "--plain"],
    ready: /^server is using port: (\d+)$/,
  });
  using web = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    using conn = await web.accept();
    await conn.read(new Uint8Array(1000));
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
  })();
  answering.catch(() => {}); // it is awaited at the end
  const closed = freePort();
  const hint = "give the port that the server has for --admin";
  const usage = `as in: ${printedCall("top")} 9090`;
  for (
    const [args, code, text] of [
      [
        [`${closed}`],
        3,
        `cannot get http://127.0.0.1:${closed}/connections: connection refused; ${hint}`,
      ],
      [
        [`${server.port}`],
        3,
        `cannot get http://127.0.0.1:${server.port}/connections: ` +
        `it answers with status 404: no such page; ${hint}`,
      ],
      [
        [`${web.addr.port}`],
        3,
        `cannot show 127.0.0.1:${web.addr.port}: it sends no state of a server; ${hint}`,
      ],
      [[], 2, `cannot start: top takes [HOST:]PORT or nats://HOST/NAME and no more; ${usage}`],
      [
        ["1", "2"],
        2,
        `cannot use "2": top takes [HOST:]PORT or nats://HOST/NAME and no more; ${usage}`,
      ],
      [
        ["x:y"],
        2,
        `cannot use "x:y": it takes [HOST:]PORT, such as 9090, 0.0.0.0:9090 or [::1]:9090`,
      ],
    ] as const
  ) {
    const outcome = await runProgram(["top", ...args]);
    assertEquals([outcome.code, outcome.err.split("\n")[0]], [code, `echo: ${text}`]);
  }
  await answering;
});

Deno.test({
  name: "top: in a terminal it is live, sorts, fits any size, and gives the terminal back" +
    (hasTmux ? "" : " (skipped: tmux is missing)"),
  ignore: !hasTmux,
  async fn() {
    const server = await startWithAdmin();
    using _ = await sayHello(server.port);
    await using terminal = await Terminal.open(["top", `${server.admin}`]);
    const has = (text: string) => terminal.until((screen) => screen.includes(text));
    await has("1 client ");
    await has("q quit  sort: [n number]  a age");
    using _other = await sayHello(server.port);
    await has("2 clients ");
    await terminal.press("m");
    await has("n number  a age  [m messages]");
    await terminal.resize(20, 12);
    await terminal.until((screen) => screen.split("\n").every((line) => line.length <= 20));
    await has("2 clients\n0 messages/s");
    await terminal.resize(80, 24);
    await has("2 clients  0 messages/s");
    await server[Symbol.asyncDispose]();
    await has("not connected, trying again: connection refused");
    await using again = await startWithAdmin(server.admin);
    await has("0 clients ");
    assertEquals(again.admin, server.admin);
    await terminal.press("q");
    await terminal.shows("exit code 0");
  },
});
