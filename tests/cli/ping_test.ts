/** `echo ping` against real servers: right ones, slow ones, wrong ones, and one that comes back. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runProgram, startServer } from "../support/echo.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";

const FAST = ["--interval", "20ms", "--count", "3"];

/** A server by hand: what it does with each read. */
function serve(answer: (bytes: Uint8Array, conn: Deno.TcpConn) => Promise<unknown>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(1024);
      void (async () => {
        for (let n; (n = await conn.read(buffer)) !== null;) {
          await answer(buffer.slice(0, n), conn);
        }
      })().catch(() => {}).finally(() => {
        try {
          conn.close();
        } catch {
          // closed by `answer`
        }
      });
    }
  })();
  return {
    port: `${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving.catch(() => {});
    },
  };
}

for (
  const [name, server, client] of [
    ["frames over TLS", [], []],
    ["raw over TLS", [], ["--dialect", "raw"]],
    ["lines", ["--plain", "--dialect", "lines"], ["--plain", "--dialect", "lines"]],
    ["raw without TLS", ["--plain"], ["--plain"]],
    ["WebSocket", ["--plain"], ["--plain", "--dialect", "websocket"]],
    ["datagrams", ["--udp"], ["--udp"]],
  ] as const
) {
  Deno.test(`ping: ${name}`, async () => {
    await using echo = await startServer(...server);
    const { code, out, err } = await runProgram([
      "ping",
      "::1",
      `${echo.port}`,
      ...FAST,
      ...client,
    ]);
    assertEquals([code, err], [0, ""]);
    const lines = out.trimEnd().split("\n");
    assertMatch(lines[0]!, /^(connected to|sending datagrams to) \[::1\]:\d+/);
    const echoes = lines.slice(1, 4).toSorted(); // datagrams may overtake each other
    for (const sequence of [1, 2, 3]) {
      assertMatch(
        echoes[sequence - 1]!,
        new RegExp(`^64 bytes from \\[::1\\]:\\d+: seq=${sequence} time=`),
      );
    }
    assertMatch(
      out,
      /\n3 sent, 3 echoed, 0 lost \(0 %\), 0 late, in \d+\.\d s\nmin\/avg\/max\/stddev /,
    );
  });
}

Deno.test("ping: JSON has a line for each event, and the summary", async () => {
  await using echo = await startServer();
  const { out } = await runProgram(["ping", "::1", `${echo.port}`, ...FAST, "--json"]);
  const events = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(events.map(({ type }) => type), [
    "connected",
    "echoed",
    "echoed",
    "echoed",
    "summary",
  ]);
  const { sent, echoed, lost, statistics } = events.at(-1);
  assertEquals([sent, echoed, lost], [3, 3, 0]);
  assert(statistics.min <= statistics.p50 && statistics.p50 <= statistics.max);
});

Deno.test("ping: a server that is started again is found again, and the loss is counted", async () => {
  let port = 0;
  let program: Program;
  {
    await using first = await startServer({
      args: ["127.0.0.1", "0", "--plain"],
      ready: /^server is using port: (\d+)$/,
    });
    port = first.port;
    program = new Program(["ping", "127.0.0.1", `${port}`, "--plain", "--interval", "20ms"]);
    await program.out.find(/seq=3 /);
  }
  await using ping = program;
  await ping.out.find(/^connection lost: .*; connecting again$/);
  await ping.out.find(/^cannot connect: connection refused$/);
  await using _second = await startServer({
    args: ["127.0.0.1", `${port}`, "--plain"],
    ready: /^server is using port: (\d+)$/,
  });
  await ping.out.find(/^connected to /);
  await ping.out.find(/ time=/);
  ping.signal("SIGINT");
  await ping.out.find(/^--- 127\.0\.0\.1 port \d+ ping statistics ---$/);
  assertEquals(await ping.code, 0);
});

Deno.test("ping: an echo that takes too long is late, and not lost", async () => {
  await using slow = serve(async (bytes, conn) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await conn.write(bytes);
  });
  const { code, out } = await runProgram(
    [
      "ping",
      "127.0.0.1",
      slow.port,
      "--plain",
      "--count",
      "1",
      "--timeout",
      "100ms",
      "--interval",
      "400ms",
    ],
  );
  assertEquals(code, 0);
  assertMatch(out, /\nseq=1: no answer within 0\.1 s\n|seq=1 time=3\d\d\.\d ms \(late\)/);
  assertMatch(out, /\n1 sent, 1 echoed, 0 lost \(0 %\), 1 late,/);
});

Deno.test("ping: wrong servers end it with the client's words and code", async () => {
  await using upper = serve(async (bytes, conn) => {
    await conn.write(new TextEncoder().encode(new TextDecoder().decode(bytes).toUpperCase()));
  });
  await using tls = await startServer();
  await using mute = serve(() => Promise.resolve());
  const run = async (host: string, port: string) => {
    const { code, err } = await runProgram(
      ["ping", host, port, "--plain", "--count", "1", "--timeout", "200ms", "--interval", "50ms"],
    );
    return [code, err.trimEnd()];
  };
  const [code, err] = await run("127.0.0.1", upper.port);
  assertEquals(code, 5);
  assertMatch(`${err}`, /changes letters to upper case/);
  assertEquals(await run("::1", `${tls.port}`), [
    3,
    `echo: cannot talk to ::1 port ${tls.port}: it answers with a TLS alert, so it speaks TLS; ` +
    "leave --plain out",
  ]);
  assertEquals(await run("127.0.0.1", mute.port), [3, ""]);
});

Deno.test("ping: wrong usage", async () => {
  const run = async (...args: string[]) => {
    const { code, err } = await runProgram(["ping", ...args]);
    return [code, err.split("\n")[0]];
  };
  assertEquals(await run("localhost"), [2, "echo: cannot start: it takes HOST and PORT"]);
  assertEquals(await run("localhost", "1", "--size", "8"), [
    2,
    "echo: cannot use --size 8: a message has its number, and 16 bytes at least",
  ]);
});

Deno.test({
  name: "ping: in a terminal bars stay below, Ctrl-\\ reports, Ctrl-C ends" +
    (hasTmux ? "" : " (skipped: tmux is missing)"),
  ignore: !hasTmux,
  async fn() {
    await using echo = await startServer();
    await using terminal = await Terminal.open(
      ["ping", "::1", `${echo.port}`, "--interval", "100ms"],
    );
    await terminal.until((screen) => /seq=4 time=\S+ ms\n[▁▂▃▄▅▆▇█]{4,}$/.test(screen));
    await terminal.press("C-\\");
    await terminal.until((screen) => /\d+\/\d+ messages, 0 lost, min\/avg\/max /.test(screen));
    await terminal.press("C-c");
    await terminal.until((screen) =>
      /ping statistics ---\n.* 0 lost .*\nmin\/.*\np50 .*\nexit code 0$/.test(screen)
    );
  },
});
