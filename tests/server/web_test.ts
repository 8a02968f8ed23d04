/** HTTP and WebSocket on the port of the echo: by ALPN, without ALPN, and without TLS. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { cases } from "../support/autobahn.ts";
import { type Peer, type Service, startService } from "../support/service.ts";
import { noise, utf8 } from "../support/sources.ts";
import { afterHead, frameOf, framesIn, upgradeRequest, wordsOf } from "../support/websocket.ts";

const BY_ALPN = { protocols: ["http/1.1"] };
const WITHOUT_ALPN = { protocols: [] };

/** Sends a request, and returns the status and all of the answer. */
async function request(service: Service, text: string | Uint8Array, how = BY_ALPN) {
  using peer = await service.connect(how);
  await peer.send(typeof text === "string" ? utf8(text) : text);
  const answer = new TextDecoder("latin1").decode(await peer.rest());
  return { status: Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]), answer };
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

/** All that comes back on a WebSocket. */
async function talk(peer: Peer, ...sent: Uint8Array[]): Promise<string[]> {
  await peer.send(upgradeRequest("localhost"), ...sent);
  const { head, rest } = afterHead(await peer.rest());
  assertMatch(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assertMatch(head, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
  return wordsOf(framesIn(rest));
}

for (const [name, how] of [["by ALPN", BY_ALPN], ["without ALPN", WITHOUT_ALPN]] as const) {
  Deno.test(`web: right and wrong frames of WebSocket get their answers: ${name}`, async () => {
    await using service = await startService();
    for (const { name, sent, answers } of cases()) {
      using peer = await service.connect(how);
      assertEquals([name, ...await talk(peer, sent)], [name, ...answers]);
    }
  });
}

Deno.test("web: a WebSocket is a client, and its messages are events", async () => {
  await using service = await startService();
  {
    using peer = await service.connect(BY_ALPN);
    const frames = [
      frameOf({ opcode: 1, payload: "a" }),
      frameOf({ opcode: 1, payload: "b", fin: false }),
      frameOf({ opcode: 9 }),
      frameOf({ opcode: 0, payload: "c" }),
      frameOf({ opcode: 8 }),
    ];
    assertEquals(await talk(peer, ...frames), ["text a", "pong ", "text bc", "close"]);
  }
  const { recorder } = service;
  const { reason, messages, bytes } = await recorder.wait("client-close");
  assertEquals([reason, messages, bytes], ["end", 2, 3]);
  assertEquals(recorder.events.map((it) => it.type), [
    "server-start",
    "http-request",
    "client-connect",
    "message",
    "message",
    "client-close",
  ]);
  assertEquals(recorder.all("client-connect")[0]!.dialect, "websocket");
  assertEquals(recorder.all("message").map((it) => it.bytes), [1, 2]);
});

Deno.test("web: without ALPN bytes that are no request are an echo as before", async () => {
  await using service = await startService();
  for (const text of ["hello\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\nHost: a\r\n"]) {
    using peer = await service.connect(WITHOUT_ALPN);
    await peer.send(utf8(text));
    await peer.conn.closeWrite();
    assertEquals(new TextDecoder().decode(await peer.rest()), text);
  }
  // A request behind other bytes is no request either.
  using peer = await service.connect(WITHOUT_ALPN);
  await peer.send(utf8("x"));
  await service.recorder.wait("message", 4);
  await peer.send(utf8(get("/livez")));
  await peer.conn.closeWrite();
  assertEquals(new TextDecoder().decode(await peer.rest()), `x${get("/livez")}`);
});

Deno.test("web: with ALPN http/1.1 anything but a request is a bad one", async () => {
  await using service = await startService();
  for (const [text, status] of [["hello\r\n\r\n", 400], ["\0\0\0\x06\x01hello", 400]] as const) {
    assertEquals((await request(service, text)).status, status);
  }
  assertEquals(service.recorder.all("client-connect"), []);
});

Deno.test("web: each request has its answer", async () => {
  await using service = await startService();
  const rows: [string, number, RegExp?][] = [
    [get("/"), 200, /<!doctype html>/i],
    [get("/?x=1"), 200, /<!doctype html>/i],
    [get("/page.js"), 200, /Content-Type: text\/javascript/],
    [get("/page.css"), 200, /Content-Type: text\/css/],
    [get("/favicon.ico"), 204],
    [get("/livez"), 200, /\r\n\r\nok\n$/],
    [get("/nope"), 404],
    [get("/echo"), 200, /"method": "GET"/],
    [get("/echo?raw"), 200, /Content-Length: 0\r\n\r\n$/],
    [get("/echo?status=418"), 418],
    [get("/echo?status=99"), 400],
    [get("/echo?status=204"), 204],
    [get("/echo?size=70"), 200, / !"#\$%&'\(\)\*\+,-\.\/0123456789:;<=>\?@ABCDE$/],
    [get("/echo?size=1048577"), 400],
    [get("/echo?delay=20ms"), 200],
    [get("/echo?delay=11"), 400],
    [get("/echo?delay=x"), 400],
    ["POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, /\r\nAllow: GET, HEAD\r\n/],
    ["HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, /Content-Length: [1-9]\d*\r\n\r\n$/],
    ["GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", 200],
    ["GET /livez HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421],
    ["GET /livez HTTP/1.1\r\nHost: localhost:1234\r\n\r\n", 200],
    ["GET /livez HTTP/1.1\r\nHost: [::1]:1234\r\n\r\n", 200],
    ["POST /echo?raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 200, /hello$/],
    [
      "POST /echo?raw HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
      200,
      /\r\n\r\nhello$/,
    ],
    [
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
      100,
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    ],
    ["GET /echo HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n", 417],
  ];
  for (const how of [BY_ALPN, WITHOUT_ALPN]) {
    for (const [text, status, pattern] of rows) {
      const { status: actual, answer } = await request(service, text, how);
      assertEquals([text, actual], [text, status]);
      if (pattern !== undefined) assertMatch(answer, pattern);
    }
  }
});

Deno.test("web: every answer is closed, typed and may not run as a page", async () => {
  await using service = await startService();
  for (const path of ["/", "/echo", "/nope", "/livez"]) {
    const { answer } = await request(service, get(path));
    assertMatch(answer, /\r\nConnection: close\r\n/);
    assertMatch(answer, /\r\nX-Content-Type-Options: nosniff\r\n/);
    assertMatch(answer, /\r\nContent-Security-Policy: default-src 'none'; script-src 'self';/);
    assertMatch(answer, /\r\nContent-Type: /);
  }
  const { answer } = await request(service, get("/echo", "X: <script>alert(1)</script>\r\n"));
  assertMatch(answer, /\r\nContent-Type: application\/json/);
});

Deno.test("web: a page elsewhere may not connect, unless --origin admits it", async () => {
  const web = { names: ["localhost"], origins: ["https://friend.example"] };
  await using service = await startService({ web });
  const rows: [headers: Record<string, string>, status: number][] = [
    [{}, 101],
    [{ Origin: "https://localhost:7" }, 101],
    [{ Origin: "http://localhost:7" }, 101],
    [{ Origin: "https://localhost" }, 403],
    [{ Origin: "https://evil.test" }, 403],
    [{ Origin: "null" }, 403],
    [{ Origin: "https://friend.example" }, 101],
    [{ Host: "evil.test", Origin: "https://evil.test" }, 421],
    [{ Host: "friend.example" }, 101],
    [{ "Sec-WebSocket-Version": "8" }, 426],
    [{ "Sec-WebSocket-Key": "short" }, 400],
  ];
  for (const [headers, status] of rows) {
    using peer = await service.connect(BY_ALPN);
    await peer.send(upgradeRequest("localhost:7", headers), frameOf({ opcode: 8 }));
    const { head } = afterHead(await peer.rest());
    assertEquals([headers, Number(head.slice(9, 12))], [headers, status]);
    if (status === 426) assertMatch(head, /\r\nSec-WebSocket-Version: 13\r\n/);
  }
});

Deno.test("web: with --no-web a request is an echo", async () => {
  await using service = await startService({ web: null });
  using peer = await service.connect(WITHOUT_ALPN);
  await peer.send(utf8(get("/livez")));
  await peer.conn.closeWrite();
  assertEquals(new TextDecoder().decode(await peer.rest()), get("/livez"));
});

Deno.test("web: a head and a body that do not come in time get 408", async () => {
  await using service = await startService({ handshakeTimeout: 200 });
  const slow = [
    "",
    "GET / HT",
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab",
  ];
  await Promise.all(slow.map(async (text) => {
    assertEquals([text, (await request(service, text)).status], [text, 408]);
  }));
});

Deno.test("web: a client that leaves without a byte is a probe, in the middle of a head lost", async () => {
  await using service = await startService();
  const silent = await service.connect(BY_ALPN);
  silent.conn.close();
  assertEquals((await service.recorder.wait("connection-failed")).reason, "probe");
  const { status } = await request(service, get("/livez"));
  assertEquals(status, 200);
});

Deno.test("web: a stop ends a WebSocket with 1001, and a waiting request with 503", async () => {
  await using service = await startService({ drain: 2000 });
  using open = await service.connect(BY_ALPN);
  await open.send(upgradeRequest("localhost"), frameOf({ opcode: 1, payload: "a" }));
  await service.recorder.wait("message");
  using waiting = await service.connect(BY_ALPN);
  const expecting = "Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  await waiting.send(utf8(`POST /echo HTTP/1.1\r\n${expecting}`));
  const goOn = utf8("HTTP/1.1 100 Continue\r\n\r\n");
  assertEquals(await waiting.take(goOn.length), goOn); // its body is waited for
  const stopped = service.stop();
  const { rest } = afterHead(await open.rest());
  open.conn.close();
  assertEquals(wordsOf(framesIn(rest)), [
    "text a",
    "text the server is shutting down",
    "close 1001",
  ]);
  const answer = new TextDecoder().decode(await waiting.rest());
  assertEquals(answer.slice(0, 12), "HTTP/1.1 503");
  waiting.conn.close();
  await stopped;
});

Deno.test("web: a WebSocket over a limit gets its code, and others are not disturbed", async () => {
  await using service = await startService({ maxMessage: 100 });
  using good = await service.connect(BY_ALPN);
  await good.send(upgradeRequest("localhost"), frameOf({ opcode: 1, payload: "a" }));
  using bad = await service.connect(BY_ALPN);
  const long = frameOf({ opcode: 2, payload: new Uint8Array(101) });
  assertEquals(await talk(bad, long), ["close 1009"]);
  await good.send(frameOf({ opcode: 1, payload: "b" }), frameOf({ opcode: 8 }));
  assertEquals(wordsOf(framesIn(afterHead(await good.rest()).rest)), ["text a", "text b", "close"]);
  assertEquals((await service.recorder.wait("client-close")).reason, "too-large");
});

Deno.test("web: a connection over --max-connections gets 503", async () => {
  await using service = await startService({ maxConnections: 1 });
  using first = await service.connect();
  await first.say("hello");
  await first.hear();
  const { status, answer } = await request(service, get("/livez"));
  assertEquals(status, 503);
  assertMatch(answer, /the server has 1 connections already/);
});

Deno.test("web: a page load is not the client of --once", async () => {
  await using service = await startService({ once: true });
  for (const how of [BY_ALPN, WITHOUT_ALPN]) {
    assertEquals((await request(service, get("/"), how)).status, 200);
  }
  using peer = await service.connect(BY_ALPN);
  assertEquals(await talk(peer, frameOf({ opcode: 1, payload: "a" }), frameOf({ opcode: 8 })), [
    "text a",
    "close",
  ]);
  await service.recorder.wait("server-stop");
});

Deno.test("web: with -b frames, raw and WebSocket hear each other, fragments as a whole", async () => {
  await using service = await startService({ broadcast: true });
  using framed = await service.connect();
  await framed.say("hello");
  await framed.hear();
  using socket = await service.connect(BY_ALPN);
  await socket.send(upgradeRequest("localhost"));
  await service.recorder.wait("client-connect", 2);
  await framed.say("to all");
  await framed.hear();
  const payload = noise(300_000);
  await socket.send(
    frameOf({ opcode: 2, payload: payload.subarray(0, 100_000), fin: false }),
    frameOf({ opcode: 9, payload: "p" }),
    frameOf({ opcode: 0, payload: payload.subarray(100_000) }),
    frameOf({ opcode: 1, payload: "Grüße" }),
    frameOf({ opcode: 8 }),
  );
  const words = wordsOf(framesIn(afterHead(await socket.rest()).rest));
  assertMatch(words[0]!, /^text \[::1\]:\d+: to all$/);
  assertEquals(words.slice(1), ["pong p", "binary 300000 bytes", "text Grüße", "close"]);
  const long = await framed.receive();
  assertEquals(long?.payload.slice(-300_000), payload);
  assertMatch((await framed.hear())!.text, /Grüße$/);
});

Deno.test("web: with -b fragments that take more than --max-buffered end with 1013", async () => {
  await using service = await startService({ broadcast: true, maxBuffered: 100_000 });
  using peer = await service.connect(BY_ALPN);
  const part = (opcode: number) => frameOf({ opcode, payload: new Uint8Array(60_000), fin: false });
  const words = await talk(peer, part(2), part(0));
  assertEquals(words.at(-1), "close 1013");
  assertEquals((await service.recorder.wait("client-close")).reason, "over-limit");
});

Deno.test("web: a Host that a parser would change, and framing that could be read in two ways", async () => {
  await using service = await startService();
  for (const host of ["localhost#evil.test", "lo%63alhost", "127.1", "2130706433", "a\tb"]) {
    const { status } = await request(service, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assertEquals([host, status], [host, 421]);
  }
  const both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
  const two = "Content-Length: 5\r\nContent-Length: 6\r\n";
  for (const more of [both, two]) {
    assertEquals((await request(service, get("/livez", more))).status, 400);
  }
  const upgrade = new TextDecoder().decode(upgradeRequest("localhost"));
  const withBody = upgrade.replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc");
  assertEquals((await request(service, withBody)).status, 400);
  const chunked = (body: string) =>
    `POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
  for (
    const [body, status] of [
      ["1\r\na\r\n0\r\nX: y\r\n\r\n", 200],
      ["1;a=b\r\na\r\n0\r\n\r\n", 200],
      ["1\r\na\r\n0\r\nno colon\r\n\r\n", 400],
      ["1\r\na\r\n0\r\nX: \x1b[2J\r\n\r\n", 400],
      ["1;\0\x1b\r\na\r\n0\r\n\r\n", 400],
    ] as const
  ) assertEquals([body, (await request(service, chunked(body))).status], [body, status]);
});
