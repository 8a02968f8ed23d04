/** npm's ws, which many programs use: as a client of our server, and as a server of our client. */
import WebSocket, { WebSocketServer } from "ws";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient, runProgram, startServer } from "../support/echo.ts";
import { cases } from "../support/autobahn.ts";
import { afterHead, framesIn, upgradeRequest, wordsOf } from "../support/websocket.ts";
import { identityFiles } from "../support/identity.ts";
import { noise } from "../support/sources.ts";

/** Sends messages of each kind and size; returns what came back, and how it was closed. */
function talk(url: string, ca?: string) {
  const messages = ["", "Grüße, 世界 👋", "x".repeat(200_000), noise(70_000), noise(3)];
  const socket = new WebSocket(url, ca === undefined ? {} : { ca });
  const came: (string | Uint8Array)[] = [];
  return new Promise<{ right: boolean; pong: string; code: number }>((resolve, reject) => {
    let pong = "";
    socket.on("open", () => {
      socket.ping("are you there?");
      for (const message of messages) socket.send(message);
    });
    socket.on("pong", (data: Uint8Array) => pong = new TextDecoder().decode(data));
    socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      came.push(isBinary ? new Uint8Array(data) : new TextDecoder().decode(data));
      if (came.length === messages.length) socket.close(4000, "done");
    });
    socket.on("close", (code: number) => {
      assertEquals(came, messages);
      resolve({ right: true, pong, code });
    });
    socket.on("error", reject);
  });
}

const RIGHT = { right: true, pong: "are you there?", code: 4000 };

for (const workers of ["1", "2"]) {
  Deno.test(`ws: its client is served over TLS and without: ${workers} worker(s)`, async () => {
    await using identity = await identityFiles();
    const more = ["--workers", workers];
    await using secure = await startServer(...identity.options, ...more);
    const ca = await Deno.readTextFile(identity.ca);
    assertEquals(await talk(`wss://[::1]:${secure.port}/`, ca), RIGHT);
    await using plain = await startServer("--plain", ...more);
    assertEquals(await talk(`ws://[::1]:${plain.port}/any?path`), RIGHT);
  });
}

Deno.test("ws: its server is used by our client, and measured", async () => {
  const server = new WebSocketServer({ host: "::1", port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.on("listening", resolve));
  server.on("connection", (socket: WebSocket, { url }: { url: string }) => {
    if (url !== "/") socket.ping("p"); // a load compares all bytes, and knows no pings
    socket.on("message", (data: Uint8Array, binary: boolean) => socket.send(data, { binary }));
  });
  const { port } = server.address() as { port: number };
  try {
    const { code, out, err } = await runClient(
      [`ws://[::1]:${port}/path?query`, "--style", "banner"],
      "Grüße\n\nquit\n",
    );
    assertEquals([code, out, err], [0, "Grüße\n\nquit", ""]);
    const one = await runClient([`ws://[::1]:${port}`, "hello", "world", "--style", "banner"]);
    assertEquals([one.code, one.out], [0, "hello world"]);
    const args = ["bench", "::1", `${port}`, "--plain", "--dialect", "websocket", "--json"];
    const measured = await runProgram([...args, "--duration", "300ms", "--warmup", "0"]);
    assertEquals([measured.code, measured.err.includes("echo:")], [0, false]);
    assertMatch(measured.out, /"dialect":"websocket"/);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("ws: a server that is none, or closes with a code, is told in a line", async () => {
  const listener = Deno.serve(
    { hostname: "::1", port: 0, onListen() {} },
    () => new Response("no", { status: 404 }),
  );
  const { port } = listener.addr as Deno.NetAddr;
  const none = await runClient([`ws://[::1]:${port}/`, "hello"]);
  assertEquals([none.code, none.err], [
    3,
    `echo: cannot talk to ::1 port ${port}: it does not begin a WebSocket: 404 Not Found`,
  ]);
  await listener.shutdown();
  await using server = await startServer("--plain", "--max-message", "10");
  const closed = await runClient([`ws://[::1]:${server.port}/`, "more than ten bytes"]);
  assertEquals(closed.code, 3);
  assertMatch(
    closed.err,
    /the server ended it: it closed with code 1009: a message of 19 bytes is/,
  );
  const wrong = await runClient(["wss://", "hello"]);
  assertEquals(wrong.code, 2);
});

Deno.test("ws: Ctrl-C ends a client whose request for a WebSocket has no answer", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const url = `ws://[::1]:${listener.addr.port}/`;
  await using client = new Program(["client", url, "hello", "--timeout", "5s"]);
  using conn = await listener.accept();
  await conn.read(new Uint8Array(1));
  client.signal("SIGINT");
  assertEquals([await client.code, await client.err.text], [130, ""]);
});

Deno.test("ws: right and wrong frames get their answers from the program itself, without TLS", async () => {
  await using server = await startServer("--plain", "--style", "quiet");
  for (const { name, sent, answers } of cases()) {
    using conn = await Deno.connect({ hostname: "::1", port: server.port });
    const answered = new Response(conn.readable).bytes();
    await new Blob([upgradeRequest("localhost") as BufferSource, sent as BufferSource]).stream()
      .pipeTo(conn.writable, { preventClose: true });
    const { rest } = afterHead(await answered);
    assertEquals([name, ...wordsOf(framesIn(rest))], [name, ...answers]);
  }
});

Deno.test("ws: with -b and two workers a WebSocket and our client hear each other", async () => {
  await using server = await startServer("--plain", "-b", "--workers", "2");
  await using bare = server.client("--plain", "-b", "--style", "banner");
  await bare.type("first\n");
  await bare.out.find(/^first$/);
  const socket = new WebSocket(`ws://[::1]:${server.port}/`);
  const came: string[] = [];
  const heard = Promise.withResolvers<void>();
  socket.on("message", (data: Uint8Array) => {
    came.push(new TextDecoder().decode(data));
    if (came.length === 2) heard.resolve();
  });
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send("from a WebSocket");
  await bare.out.find(/from a WebSocket/);
  await bare.type("from a client\n");
  await heard.promise;
  socket.close();
  assertEquals(came[0], "from a WebSocket");
  assertEquals(came[1], "from a client\n"); // bytes, as they were sent
});
