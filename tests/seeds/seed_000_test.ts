/** Assignment 000: a robust echo client and server over TLS, with a log and a protocol of their own. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { frames } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { recvMsg, sendMsg } from "../../lib/wire/message.ts";
import { ByteReader, recvN } from "../../lib/wire/reader.ts";
import { validateIpPort } from "../../lib/net/address.ts";
import { LogFile } from "../../lib/log/file.ts";
import { log } from "../../lib/log/log.ts";
import { clientEvents, serverEvents } from "../support/events.ts";
import { memoryPair } from "../support/pairs.ts";
import { EXPECTS_NOTHING } from "../support/expectation.ts";
import { utf8 } from "../support/sources.ts";
import { Cable } from "../support/cable.ts";
import { Program, runClient, startServer } from "../support/echo.ts";

Deno.test('000 "accept the IPv6 address and port number as command-line arguments"', async () => {
  await using server = await startServer(); // server ::1 0
  const { code, out } = await runClient(["::1", `${server.port}`, "hello"]);
  assertEquals(code, 0);
  assertStringIncludes(out, 'server echoed: "hello"');
});

Deno.test('000 "use TLS encryption for all communications"', async () => {
  await using server = await startServer();
  using conn = await Deno.connect({ hostname: "::1", port: server.port });
  await conn.write(new TextEncoder().encode("\0\0\0\x06\x01hello")); // a frame, but no TLS
  const answer = new Uint8Array(100);
  const count = await conn.read(answer);
  assertEquals(answer[0], 21, "a TLS alert"); // RFC 8446, 5.1
  assert(!new TextDecoder().decode(answer.subarray(0, count ?? 0)).includes("hello"));
});

Deno.test('000 "recv_n, recv_msg, send_msg, validate_ip_port, log", one of each for both sides', async () => {
  const pair = memoryPair();
  const [near, far] = [new ByteReader(pair.near), new ByteReader(pair.far)];
  const limits = { maxMessage: 100, maxHeld: 100 };
  const expected = { ...EXPECTS_NOTHING, echo: () => utf8("hello") };
  const server = frames.open({ reader: far, limits });
  const client = frames.openClient({ reader: near, expected, maxMessage: 100 });
  await sendMsg(pair.near, client, Kind.text, utf8("hello"));
  const batch = await recvMsg(far, server);
  assertEquals(batch?.count, 1);
  await pair.far.write(batch!.echo);
  assertEquals(await recvMsg(near, client), { type: "echo", payload: utf8("hello") });
  await pair.far.write(utf8("abcdef"));
  assertEquals(await recvN(near, 6), utf8("abcdef"));
  assertEquals(validateIpPort("[::1]", "7", { lowestPort: 1 }), { hostname: "::1", port: 7 });
  const path = await Deno.makeTempFile();
  try {
    const file = await LogFile.open(path, { maxSize: Infinity, onProblem() {} });
    void log(file, serverEvents.command);
    void log(file, clientEvents.quitting);
    await file.close();
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assertEquals(lines.map((line) => / event=(\S+)/.exec(line)?.[1]), ["command", "quitting"]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test('000 "print out helpful usage prompts when used incorrectly"', async () => {
  for (const name of ["server", "client"]) {
    await using program = new Program([name, "::1", "no-port"]);
    await program.endInput();
    assertEquals(await program.code, 2);
    const text = await program.err.text;
    assertMatch(text, /^echo: cannot use PORT "no-port": a port is a whole number/);
    assertStringIncludes(text, `usage: echo ${name} `);
  }
});

Deno.test('000 "messages are fully sent and received", by a protocol of our own', async () => {
  await using server = await startServer();
  const message = "0123456789abcdef".repeat(200_000); // 3.2 MB: many sends and receives
  const { code, out } = await runClient(["::1", `${server.port}`, "--style", "banner"], message);
  assertEquals(code, 0);
  assertEquals(out, message);
});

Deno.test('000 "The server keeps a log file recording (with timestamps)"', async () => {
  const path = await Deno.makeTempFile();
  try {
    await using server = await startServer("--log", path);
    await runClient(["::1", `${server.port}`, "hello"]);
    await server.program.type("exit\n");
    assertEquals(await server.program.code, 0);
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const expected = [
      /event=server-start hostname="::1" port=\d+/, // when the server starts
      /event=client-connect conn=1 peer="\[::1\]:\d+"/, // when a client connects (and its address)
      /event=message conn=1 peer="\[::1\]:\d+" bytes=5 text="hello"/, // each message
      /event=client-close conn=1 peer="\[::1\]:\d+" reason=end/, // when a client closes
      /event=server-stop/, // when the server shuts down
    ];
    assertEquals(lines.length, expected.length);
    for (const [i, pattern] of expected.entries()) {
      assertMatch(lines[i]!, /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info /);
      assertMatch(lines[i]!, pattern);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test('000 "Client and server shutdown gracefully when the user enters exit"', async () => {
  await using server = await startServer();
  const { code, err } = await runClient(["::1", `${server.port}`], "hello\nexit\n");
  assertEquals([code, err], [0, ""]);
  await server.program.type("exit\n");
  assertEquals([await server.program.code, await server.program.err.text], [0, ""]);
});

Deno.test('000 "Client performs graceful exit if it cannot connect to the server"', async () => {
  const { code, err } = await runClient(["::1", "1", "hello"]);
  assertEquals(code, 3);
  assertEquals(
    err,
    "echo: cannot connect to ::1 port 1: connection refused; check that a server listens there",
  );
});

Deno.test('000 "... or if the server closes the connection unexpectedly"', async () => {
  await using server = await startServer();
  await using client = new Program(["client", "::1", `${server.port}`]);
  await server.program.out.find(/^server connected to client/); // all that was sent is read
  server.program.signal("SIGKILL");
  assertEquals(await client.code, 3);
  assertEquals(
    await client.err.text,
    `echo: lost the connection to ::1 port ${server.port}: the server left without saying goodbye`,
  );
});

Deno.test('000 "Server waits for another connection if the client disconnects unexpectedly"', async () => {
  await using server = await startServer();
  using cable = new Cable(server.port);
  await using client = new Program(["client", "::1", `${cable.port}`]);
  await client.type("hello\n");
  await client.out.find(/^server echoed/);
  await cable.cut();
  await server.program.out.find(/was lost/);
  assertEquals((await runClient(["::1", `${server.port}`, "next"])).code, 0);
});

Deno.test('000 "Demonstrate and describe sendto(), recvfrom(), gethostname()"', async () => {
  await using demo = new Program(["demo-udp"]);
  assertEquals(await demo.code, 0);
  const text = await demo.out.text;
  assertStringIncludes(text, "gethostname: the name of the machine");
  assertStringIncludes(text, `came back  "${Deno.hostname()}"`);
  for (const address of ["[::1]", "127.0.0.1"]) {
    assertStringIncludes(text, `sent "hello" to ${address}:`);
    assertStringIncludes(text, `came back  "hello", from ${address}:`);
  }
  assertStringIncludes(text, `came back  "first", then "second"`);
  for (
    const call of [
      /^ +in Deno +const here = Deno\.listenDatagram\(\{ .* \}\)$/m,
      /^ +and there = .* deno run --unstable-net/m,
      /^ +in Python +here\.sendto\(b"hello", \("::1", \d+\)\)$/m,
      /^ +in Python +data, sender = there\.recvfrom\(65536\)$/m,
      /^ +in Python +.*socket\.gethostname\(\)$/m,
      /^ +in C +sendto\(here, "hello", 5, 0, address, length\)$/m,
      /^ +in C +recvfrom\(there, .*\)$/m,
      /^ +in C +gethostname\(.*\)$/m,
    ]
  ) assertMatch(text, call);
  assertMatch(
    text,
    /sent 65,507 bytes in one datagram\n.*refused {4}65,508 bytes: Message too long/,
  );
});
