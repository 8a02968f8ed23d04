/** `--udp`, on both sides, against each other and against strangers. */
import { type DatagramSocket, MAX_DATAGRAM_BYTES, openDatagram } from "../../lib/net/datagram.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Program, runClient, type Server, startServer } from "../support/echo.ts";
import { delaying, doubling, type Fate, losing, Relay } from "../support/relay.ts";
import { hasTool, runTool } from "../support/tools.ts";

/** A server that hears IPv4 and IPv6. */
const startEverywhere = (...options: string[]) =>
  startServer({
    args: ["0", "--udp", ...options],
    ready: /^server is using port: (\d+)$/,
  });

/** What it said on standard error. */
function complaints(server: Server): Promise<string> {
  return server.program.err.text;
}

Deno.test("server --udp answers on the port of TLS, and both sides work at once", async () => {
  await using server = await startEverywhere();
  const { port } = server;
  await server.program.out.find(new RegExp(`^server echoes datagrams on UDP port: ${port}$`));
  for (const host of ["127.0.0.1", "::1", "localhost"]) {
    const { code, out, err } = await runClient([host, `${port}`, "--udp", "Hello,", "world"]);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, 'server echoed: "Hello, world"');
  }
  assertEquals((await runClient(["::1", `${port}`, "hello"])).code, 0);
  await server.program.type("exit\n");
  assertEquals([await server.program.code, await complaints(server)], [0, ""]);
  using again = openDatagram("::", port); // it is free
  assertEquals(again.port, port);
});

Deno.test("server --udp ends with SIGTERM and with --once as without", async () => {
  {
    await using server = await startEverywhere();
    await runClient(["::1", `${server.port}`, "--udp", "hello"]);
    server.program.signal("SIGTERM");
    assertEquals([await server.program.code, await complaints(server)], [0, ""]);
    assertMatch(await server.program.out.text, /\nserver received datagram from .*: "hello"$/);
  }
  await using server = await startEverywhere("--once");
  await runClient(["::1", `${server.port}`, "--udp", "hello"]); // no client in this sense
  await runClient(["::1", `${server.port}`, "hello"]);
  assertEquals(await server.program.code, 0);
});

Deno.test("server --udp works beside several workers", async () => {
  await using server = await startEverywhere("--workers", "2");
  assertEquals((await runClient(["::1", `${server.port}`, "--udp", "hello"])).code, 0);
  assertEquals((await runClient(["::1", `${server.port}`, "hello"])).code, 0);
  await server.program.type("exit\n");
  assertEquals([await server.program.code, await complaints(server)], [0, ""]);
});

Deno.test("server --udp says that the UDP port is in use", async () => {
  using taken = openWhereTcpIsFree();
  await using server = new Program(["server", "::1", `${taken.port}`, "--udp", "--no-log"]);
  assertEquals(await server.code, 1);
  const { port } = taken;
  assertEquals(
    await server.err.text,
    `echo: cannot bind to ::1 UDP port ${port}: the UDP port is in use; ` +
      "stop the program that uses it, or choose another port",
  );
});

/** A UDP socket on a port that nobody uses for TCP. */
function openWhereTcpIsFree(): DatagramSocket {
  for (;;) {
    const socket = openDatagram("::1");
    try {
      Deno.listen({ hostname: "::1", port: socket.port }).close();
      return socket;
    } catch {
      socket[Symbol.dispose]();
    }
  }
}

Deno.test("server --udp-rate says whom it does not answer, and the client gets through", async () => {
  await using server = await startEverywhere("--udp-rate", "2");
  const args = ["127.0.0.1", `${server.port}`, "--udp", "--style", "banner", "--timeout", "1500ms"];
  const { code, out, err } = await runClient(args, "1\n2\n3\n");
  assertEquals([code, out], [0, "1\n2\n3"]);
  assertEquals(err, "3 sent, 3 echoed, 0 lost, 1 retried, 0 duplicated, 0 reordered");
  await server.program.out.find(/^server did not answer a datagram from 127\.0\.0\.1:\d+: there/);
});

Deno.test("client --udp sends each line as it is, also quit, exit and the empty one", async () => {
  await using server = await startEverywhere();
  const args = ["::1", `${server.port}`, "--udp", "--style", "banner"];
  const { code, out, err } = await runClient(args, "quit\n\nexit\nlast");
  assertEquals([code, out.split("\n").toSorted()], [0, ["", "exit", "last", "quit"]]);
  assertEquals(err, "4 sent, 4 echoed, 0 lost, 0 retried, 0 duplicated, 0 reordered");
});

const NETWORKS: [name: string, fate: Fate, code: number, report: string][] = [
  ["loses", losing(1), 0, "4 sent, 4 echoed, 0 lost, 1 retried, 0 duplicated, 0 reordered"],
  ["doubles", doubling(1), 0, "4 sent, 4 echoed, 0 lost, 0 retried, 1 duplicated, 0 reordered"],
  ["reorders", delaying(2), 0, "4 sent, 4 echoed, 0 lost, 0 retried, 0 duplicated, 1 reordered"],
  [
    "always loses the same",
    (bytes) => bytes[0] === 0x32 ? [] : [bytes],
    3,
    "4 sent, 3 echoed, 1 lost, 1 retried, 0 duplicated, 0 reordered",
  ],
];

for (const [name, fate, wanted, report] of NETWORKS) {
  Deno.test(`client --udp says what became of its messages: a network that ${name}`, async () => {
    await using server = await startEverywhere();
    await using relay = new Relay(server.port, fate);
    const args = ["127.0.0.1", `${relay.port}`, "--udp", "--timeout", "500ms", "--retries", "1"];
    const { code, err } = await runClient(args, "1\n2\n3\n4\n");
    assertEquals([code, err.split("\n")[0]], [wanted, report]);
  });
}

Deno.test("client --udp ends with 5 when something else comes back", async () => {
  await using server = await startEverywhere();
  await using relay = new Relay(server.port, (bytes) => [bytes.subarray(1)]);
  const { code, err } = await runClient(["127.0.0.1", `${relay.port}`, "--udp", "hello"]);
  assertEquals(code, 5);
  assertMatch(err, /^echo: cannot rely on 127\.0\.0\.1 UDP port \d+: it echoed a datagram of 4 /);
});

Deno.test("client --udp ends with 3 when nobody answers, and says after how many tries", async () => {
  using deaf = openDatagram("127.0.0.1");
  const how = ["--udp", "--timeout", "50ms", "--retries", "2", "hello"];
  const { code, err } = await runClient(["127.0.0.1", `${deaf.port}`, ...how]);
  assertEquals(code, 3);
  assertEquals(err.split("\n"), [
    "1 sent, 0 echoed, 1 lost, 2 retried, 0 duplicated, 0 reordered",
    `echo: cannot reach 127.0.0.1 UDP port ${deaf.port}: no echo in 3 tries of 0.05 s; ` +
    "check that an echo listens there on UDP (--udp)",
  ]);
});

Deno.test("client --udp refuses what no datagram holds, after what comes before it", async () => {
  await using server = await startEverywhere();
  const args = ["::1", `${server.port}`, "--udp", "--style", "banner"];
  const largest = "x".repeat(MAX_DATAGRAM_BYTES.IPv4);
  assertEquals((await runClient(args, largest)).out, largest);
  const { code, out, err } = await runClient(args, `first\n${largest}x\n`);
  assertEquals([code, out], [1, "first"]);
  assertMatch(err, /^echo: cannot send line 2 of the input: .*65507; break it into shorter lines$/);
});

Deno.test("client --udp ends its input when interrupted, and waits for what is under way", async () => {
  await using server = await startEverywhere();
  await using client = server.client("--udp");
  await client.type("hello\n");
  await client.out.find(/^server echoed/);
  client.signal("SIGINT");
  assertEquals([await client.code, await client.err.text], [0, ""]);
});

/** What each takes to send its input to HOST PORT by UDP and show what comes back. */
const STRANGERS: [tool: string, args: (host: string, port: string) => string[]][] = [
  ["ncat", (host, port) => ["-u", host, port]],
  ["nc", (host, port) => ["-u", host, port]],
  ["socat", (host, port) => [
    "-",
    host.includes(":") ? `UDP6:[${host}]:${port}` : `UDP4:${host}:${port}`,
  ]],
];

for (const [tool, args] of STRANGERS) {
  Deno.test({
    name: `server --udp echoes what ${tool} sends, over IPv4 and IPv6`,
    ignore: !hasTool(tool),
    async fn() {
      await using server = await startEverywhere();
      for (const host of ["127.0.0.1", "::1"]) {
        const command = [tool, ...args(host, `${server.port}`)];
        const { out } = await runTool(command, { input: "hello\n", until: "\n" });
        assertEquals(out, "hello\n");
      }
    },
  });
}

const PYTHON = `
import socket, sys
for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        for size in 0, 1, 1025, 65507:
            sent = bytes(i * 7 % 256 for i in range(size))
            s.sendto(sent, (host, int(sys.argv[1])))
            came, peer = s.recvfrom(65536)
            assert came == sent and peer[1] == int(sys.argv[1]), (size, peer)
`;

Deno.test({
  name: "server --udp echoes what Python's sockets send, from nothing to the largest datagram",
  ignore: !hasTool("python3"),
  async fn() {
    await using server = await startEverywhere();
    const { code, err } = await runTool(["python3", "-c", PYTHON, `${server.port}`]);
    assertEquals([code, err], [0, ""]);
  },
});

Deno.test({
  name: "client --udp speaks to the echo of others: socat",
  ignore: !hasTool("socat"),
  async fn() {
    const port = freePort();
    const echo = new Deno.Command("socat", {
      args: [`UDP4-RECVFROM:${port},bind=127.0.0.1,fork`, "EXEC:cat"],
    }).spawn();
    try {
      // It is not said when it listens: what is lost before is sent again.
      const args = ["127.0.0.1", `${port}`, "--udp", "--timeout", "200ms", "--retries", "50"];
      const { code, out } = await runClient([...args, "hello"]);
      assertEquals(code, 0);
      assertStringIncludes(out, 'server echoed: "hello"');
    } finally {
      echo.kill();
      assert(!(await echo.status).success);
    }
  },
});

function freePort(): number {
  using socket = openDatagram("127.0.0.1");
  return socket.port;
}

Deno.test("client says so where --udp or --plain makes another option meaningless", async () => {
  for (
    const [options, why] of [
      ["--udp --ca ca.pem", "cannot use --udp with --ca: without TLS there is no certificate"],
      ["--plain --ca ca.pem", "cannot use --plain with --ca: without TLS there is no certificate"],
      ["--plain --server-name a", "cannot use --plain with --server-name: without TLS there"],
      ["--udp --dialect lines", "cannot use --udp with --dialect: each datagram is a message"],
      ["--udp --buffer 1k", "cannot use --udp with --buffer: each datagram is a message"],
    ] as const
  ) {
    const { code, err } = await runClient(["::1", "1", "hello", ...options.split(" ")]);
    assertEquals(code, 2);
    assertStringIncludes(err, `echo: ${why}`);
  }
});
