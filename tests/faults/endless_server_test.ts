/** Servers that send other things for ever and never the echo: `--timeout` holds all the same. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram } from "../support/echo.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeBroadcast, encodeCount } from "../../lib/wire/payloads.ts";
import { testIdentity } from "../support/pairs.ts";
import { identityFiles } from "../support/identity.ts";
import { concat, utf8 } from "../support/sources.ts";
import { frameOf } from "../support/websocket.ts";

/** Serves one connection: after its first bytes, `piece` again and again, `pause` ms apart. */
function serve(
  listener: Deno.Listener,
  first: (request: string) => Promise<Uint8Array>,
  piece: Uint8Array,
  pause: number,
) {
  return (async () => {
    const conn = await listener.accept();
    const sink = new Uint8Array(65_536);
    const count = await conn.read(sink) ?? 0;
    await conn.write(await first(new TextDecoder("latin1").decode(sink.subarray(0, count))));
    const reading = (async () => {
      while (await conn.read(sink) !== null);
    })().catch(() => {});
    try {
      for (;;) {
        await conn.write(piece);
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } catch {
      // it has left
    }
    conn.close();
    await reading;
  })();
}

const many = (bytes: Uint8Array) => concat(...Array.from({ length: 200 }, () => bytes));

for (
  const [name, piece, pause, code, text] of [
    ["notices", encodeMsg(Kind.notice, utf8("hello")), 20, 3, /no answer for 1 s/],
    [
      "notices, a flood of them",
      many(encodeMsg(Kind.notice, utf8("hello"))),
      0,
      3,
      /no answer for 1 s/,
    ],
    [
      "messages of others",
      many(encodeMsg(Kind.broadcast, encodeBroadcast(utf8("a"), utf8("b")))),
      0,
      3,
      /no answer for 1 s/,
    ],
    [
      "an empty history",
      encodeMsg(Kind.history, encodeCount(0)),
      20,
      5,
      /a history that was not asked for/,
    ],
    [
      "an endless history",
      encodeMsg(Kind.history, new Uint8Array(8).fill(0x7f)),
      20,
      5,
      /a history that was not/,
    ],
  ] as const
) {
  Deno.test(`a server that sends ${name} and no echo: the client ends`, async () => {
    const { cert, key } = await testIdentity();
    await using identity = await identityFiles();
    using listener = Deno.listenTls({
      hostname: "::1",
      port: 0,
      cert,
      key,
      alpnProtocols: ["echo/1"],
    });
    const serving = serve(listener, () => Promise.resolve(new Uint8Array()), piece, pause);
    const args = ["client", "::1", `${listener.addr.port}`, "hi", "--ca", identity.ca];
    const outcome = await runProgram([...args, "--timeout", "1s", "--style", "quiet"]);
    assertEquals(outcome.code, code);
    assertMatch(outcome.err, text);
    await serving;
  });
}

for (
  const [name, piece, pause] of [
    ["pings", frameOf({ opcode: 9, payload: "p", masked: false }), 20],
    ["pings, a flood of them", many(frameOf({ opcode: 9, payload: "p", masked: false })), 0],
    ["pongs, a flood of them", many(frameOf({ opcode: 10, masked: false })), 0],
  ] as const
) {
  Deno.test(`a WebSocket that sends ${name} and no echo: the client ends`, async () => {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const accept = async (request: string) => {
      const key = /sec-websocket-key: (.*)\r/i.exec(request)![1]!.trim();
      const digest = await crypto.subtle.digest(
        "SHA-1",
        utf8(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
      );
      const answer = new Uint8Array(digest).toBase64();
      return utf8(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${answer}\r\n\r\n`,
      );
    };
    const serving = serve(listener, accept, piece, pause);
    const url = `ws://[::1]:${listener.addr.port}/`;
    const { code, err } = await runProgram(["client", url, "hi", "--timeout", "1s"]);
    assert(code === 3 || code === 5, `${code}: ${err}`);
    assert(err.startsWith("echo: "), err);
    await serving;
  });
}
