/** The admin listener over real sockets: its answers, its limits, and who may ask. */
import { Admin } from "../../lib/admin/admin.ts";
import { openLibc } from "../../lib/net/libc.ts";
import { listen } from "../../lib/net/listen.ts";
import { adminSource, ask, get } from "../support/admin.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { reset } from "../support/bad_peer.ts";

openLibc(); // it stays open for the process, and no test has to close it

/** A running admin listener. */
async function start(source = adminSource(), deadline = 10_000) {
  const listener = await listen({ hostname: "127.0.0.1", port: 0, tls: null });
  const web = { names: ["localhost", "127.0.0.1"], origins: [] };
  const admin = new Admin(listener, source, web, deadline);
  return { port: listener.port, [Symbol.dispose]: () => admin[Symbol.dispose]() };
}

/** Events of a stream, one at a time. */
async function* eventsOf(conn: Deno.TcpConn) {
  let text = "";
  for await (const piece of conn.readable.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n");
    text = events.pop()!;
    for (const event of events) {
      const [, name, data] = /event: (.*)\ndata: (.*)$/.exec(event) ?? [];
      if (name !== undefined) yield { name, data: JSON.parse(data!) };
    }
  }
}

async function openStream(port: number) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  await conn.write(new TextEncoder().encode(request));
  return conn;
}

Deno.test("admin: each path has its answer and its type", async () => {
  using admin = await start();
  for (
    const [path, status, type, body] of [
      ["/livez", 200, "text/plain", /^ok\n$/],
      ["/readyz", 200, "text/plain", /^serving\n$/],
      ["/metrics", 200, "text/plain; version=0.0.4", /^echo_connections_accepted_total 0$/m],
      ["/connections", 200, "application/json", /^\{"version":"1\.2\.3"/],
      ["/", 200, "text/html", /<title>echo<\/title>/],
      ["/live.js", 200, "text/javascript", /EventSource/],
      ["/live.css", 200, "text/css", /prefers-color-scheme: dark/],
      ["/uplot.js", 200, "text/javascript", /uPlot/],
      ["/uplot.css", 200, "text/css", /\.uplot/],
      ["/?x=1", 200, "text/html", /<title>/],
      ["/nope", 404, "text/plain", /^no such page\n$/],
      ["/__proto__", 404, "text/plain", /^no such page\n$/],
    ] as const
  ) {
    const answer = await get(admin.port, path);
    assertEquals([path, answer.status], [path, status]);
    assert(answer.head.includes(`Content-Type: ${type}`), `${path}: ${answer.head}`);
    assertMatch(answer.body, body);
    assertMatch(answer.head, /\r\nContent-Security-Policy: default-src 'none';/);
  }
  assertEquals((await get(admin.port, "/favicon.ico")).status, 204);
});

Deno.test("admin: only GET and HEAD, only of our names, only HTTP", async () => {
  using admin = await start();
  const head = await ask(admin.port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals([head.status, head.body], [200, ""]);
  const post = await ask(admin.port, "POST /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals(post.status, 405);
  assertMatch(post.head, /\r\nAllow: GET, HEAD/);
  for (
    const host of [
      "evil.test",
      "evil.test:80",
      "localhost.evil.test",
      "",
      "localhost#evil.test",
      "localhost?evil.test",
      "lo%63alhost",
      "2130706433",
      "127.1",
      "0x7f.0.0.1",
      "user@localhost",
    ]
  ) {
    assertEquals([host, (await get(admin.port, "/metrics", host)).status], [host, 421]);
  }
  for (const host of ["localhost", "LOCALHOST:99", "127.0.0.1:1"]) {
    assertEquals([host, (await get(admin.port, "/livez", host)).status], [host, 200]);
  }
  assertEquals((await ask(admin.port, "hello\r\n\r\n")).status, 400);
  const both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
  const unclear = `GET /livez HTTP/1.1\r\nHost: localhost\r\n${both}\r\n`;
  assertEquals((await ask(admin.port, unclear)).status, 400);
  const long = await ask(admin.port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(20_000)}`);
  assertEquals(long.status, 431);
});

Deno.test("admin: not ready while it starts, stops, or is full", async () => {
  let state: "starting" | "serving" | "stopping" = "starting";
  let connections = 0;
  const source = { ...adminSource(), state: () => state, connections: () => connections };
  using admin = await start(source);
  const ready = async () => {
    const { status, body } = await get(admin.port, "/readyz");
    return [status, body];
  };
  assertEquals(await ready(), [503, "starting\n"]);
  state = "serving";
  assertEquals(await ready(), [200, "serving\n"]);
  connections = 10;
  assertEquals(await ready(), [503, "full\n"]);
  connections = 9;
  state = "stopping";
  assertEquals(await ready(), [503, "stopping\n"]);
  assertEquals((await get(admin.port, "/livez")).status, 200);
});

Deno.test("admin: a page gets the rates of before, and then the status once a second", async () => {
  using admin = await start();
  using conn = await openStream(admin.port);
  const names = [];
  const times = [];
  for await (const { name, data } of eventsOf(conn)) {
    names.push(name);
    if (name === "status") times.push(data.time);
    if (names.length === 4) break;
  }
  assertEquals(names, ["rates", "status", "status", "status"]);
  assert(times[2] - times[1] >= 900, `${times}`);
});

Deno.test("admin: a request that does not come, and an answer that is not taken, end at the deadline", async () => {
  using admin = await start(adminSource(), 200);
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  using slow = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  await slow.write(new TextEncoder().encode("GET /livez HTTP/1.1\r\nHost"));
  for (const conn of [silent, slow]) {
    assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
  }
  using page = await openStream(admin.port); // which may stay
  let count = 0;
  for await (const _ of eventsOf(page)) if (++count === 3) break;
});

Deno.test("admin: at most 16 pages, and room again when one is closed", async () => {
  using admin = await start();
  const conns = await Promise.all(Array.from({ length: 16 }, () => openStream(admin.port)));
  for (const conn of conns) await conn.read(new Uint8Array(1)); // it is answered
  assertEquals((await get(admin.port, "/events")).status, 503);
  assertEquals((await get(admin.port, "/livez")).status, 200);
  conns.pop()!.close();
  for (;;) {
    using conn = await openStream(admin.port);
    const head = new Uint8Array(12);
    await conn.read(head);
    if (new TextDecoder().decode(head) === "HTTP/1.1 200") break;
  }
  for (const conn of conns) conn.close();
});

Deno.test("admin: sixty pages that ask at the same moment are sixteen that get one", async () => {
  using admin = await start();
  const conns = await Promise.all(Array.from({ length: 60 }, () => openStream(admin.port)));
  const heads = await Promise.all(conns.map(async (conn) => {
    const head = new Uint8Array(12);
    await conn.read(head);
    return new TextDecoder().decode(head);
  }));
  assertEquals(heads.filter((head) => head === "HTTP/1.1 200").length, 16);
  assertEquals(heads.filter((head) => head === "HTTP/1.1 503").length, 44);
  for (const conn of conns) conn.close();
});

Deno.test("admin: connections that are reset before they are accepted delay no answer", async () => {
  using admin = await start();
  for (let i = 0; i < 100; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
    reset(conn);
    conn.close();
  }
  const begun = performance.now();
  assertEquals((await get(admin.port, "/livez")).status, 200);
  assert(performance.now() - begun < 5_000); // with a pause for each it were 10 s
});

Deno.test("admin: at most 64 connections, the next is closed, and the others are not disturbed", async () => {
  using admin = await start();
  const silent = await Promise.all(
    Array.from({ length: 64 }, () => Deno.connect({ hostname: "127.0.0.1", port: admin.port })),
  );
  using one = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
  assertEquals(await one.read(new Uint8Array(1)), null);
  silent.pop()!.close();
  for (;;) {
    const { status } = await get(admin.port, "/livez").catch(() => ({ status: 0 }));
    if (status === 200) break;
  }
  for (const conn of silent) conn.close();
});

Deno.test("admin: a thousand connections that are reset at once do not stop it", async () => {
  using admin = await start();
  for (let i = 0; i < 1000; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: admin.port });
    conn.close();
  }
  for (;;) {
    const { status } = await get(admin.port, "/livez").catch(() => ({ status: 0 }));
    if (status === 200) break;
  }
});
