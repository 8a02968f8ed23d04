/** `--room`: clients of several real servers hear each other, whatever they speak. */
import { equals } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { decodeBroadcast } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { get } from "../support/admin.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram, type Server, startServer } from "../support/echo.ts";
import { recvFrame } from "../support/frames.ts";
import { Nats, natsTest } from "../support/nats.ts";
import { noise, utf8 } from "../support/sources.ts";

const HOST = Deno.hostname().replace(/[^\w.-]/g, "\\$&");

/** A server in the room, once it is linked. */
async function startMember(nats: Nats, ...options: string[]): Promise<Server> {
  const server = await startServer({
    args: ["::1", "0", "--room", `nats://127.0.0.1:${nats.port}/try`, ...options],
    ready: /^server is using port: (\d+)$/,
  });
  await server.program.out.find(/^server shares room try at /);
  return server;
}

/** A client with `-b` that is connected. */
async function startClient(server: Server, ...options: string[]) {
  const client = server.client("-b", "--style", "transcript", ...options);
  await client.out.find(/^client had connected/);
  return client;
}

natsTest("clients of two servers hear each other: frames, lines, raw and WebSocket", async () => {
  await using nats = await Nats.start();
  await using a = await startMember(nats);
  await using b = await startMember(nats, "--plain", "--workers", "2");
  await using frames = await startClient(a);
  await using lines = await startMember(nats, "--plain", "--dialect", "lines");
  await using line = await startClient(lines, "--plain", "--dialect", "lines");
  await line.type("enter\n"); // without TLS a first byte makes it a client
  await line.out.find(/^server echoed: "enter"$/);
  await using raw = await Deno.connect({ hostname: "::1", port: b.port });
  const heard = raw.readable.pipeThrough(new TextDecoderStream()).getReader();
  await raw.write(new TextEncoder().encode("raw enters\n"));
  let bare = "";
  while (!bare.includes("raw enters\n")) bare += (await heard.read()).value;
  const socket = new WebSocket(`ws://[::1]:${b.port}/`);
  const onSocket: string[] = [];
  const spoken = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    onSocket.push(String(data));
    if (String(data).includes("Grüße")) spoken.resolve();
  };
  await new Promise((resolve) => socket.onopen = resolve);
  await frames.out.find(new RegExp(`^${HOST}/\\[::1\\]:\\d+ says: "raw enters\\\\n"$`));

  await frames.type("Grüße, 世界 👋\n");
  await frames.out.find(/^server echoed: "Grüße, 世界 👋"$/);
  await line.out.find(new RegExp(`${HOST}/\\[::1\\]:\\d+: Grüße, 世界 👋`));
  while (!bare.includes("👋")) bare += (await heard.read()).value;
  assertEquals(bare.trim().split("\n").at(-1), "Grüße, 世界 👋"); // as in every room
  await spoken.promise;
  socket.send("from a browser");
  await frames.out.find(/says: "from a browser"$/);
  socket.close();
  await new Promise((resolve) => socket.onclose = resolve);
  await heard.cancel();
});

natsTest(
  "members see when their server is cut off and back; readiness does not depend on it",
  async () => {
    await using nats = await Nats.start();
    await using server = await startMember(nats, "--admin", "127.0.0.1:0");
    const [, admin] = await server.program.err.find(/^admin: http:\/\/127\.0\.0\.1:(\d+)\/$/);
    await using client = await startClient(server);
    await nats.kill();
    await client.out.find(/^server says: cut off from the other servers: only clients of this one/);
    assertEquals((await get(Number(admin), "/readyz")).status, 200);
    assertMatch((await get(Number(admin), "/metrics")).body, /^echo_room_linked 0$/m);
    await client.type("still there\n");
    await client.out.find(/^server echoed: "still there"$/);
    await nats.restart();
    await client.out.find(/^server says: linked to the other servers again$/);
    assertMatch((await get(Number(admin), "/metrics")).body, /^echo_room_cuts_total 1$/m);
  },
);

natsTest("a hostile peer at the broker costs a counted line and nothing else", async () => {
  await using nats = await Nats.start();
  await using a = await startMember(nats, "--admin", "127.0.0.1:0");
  const [, admin] = await a.program.err.find(/^admin: http:\/\/127\.0\.0\.1:(\d+)\/$/);
  await using b = await startMember(nats);
  await using listener = await startClient(a);
  await using hostile = await Deno.connect({ hostname: "127.0.0.1", port: nats.port });
  const say = async (node: string, payload: string) => {
    const command = `PUB echo.room.try.${node} ${payload.length}\r\n${payload}\r\n`;
    await hostile.write(Uint8Array.from(command, (character) => character.charCodeAt(0)));
  };
  await hostile.write(new TextEncoder().encode("CONNECT {}\r\n"));
  const draining = new Response(hostile.readable).text().catch(() => "");
  for (const payload of ["", "x", "\x01\x01", "\x7f".repeat(100), "\x02\x01" + "\xff".repeat(30)]) {
    await say("0000000f", payload);
  }
  for (let i = 0; i < 10_000; i++) await say(`name${i}`, "hello");
  await say("00000001", "\x01\x01\x00\x00\x00\x00\x00\x01\x00good");
  await listener.out.find(/says: "good"$/);
  await using speaker = await startClient(b);
  await speaker.type("hello\n");
  await listener.out.find(/says: "hello"$/);
  const metrics = async () => (await get(Number(admin), "/metrics")).body;
  const rejected = async () =>
    Number(/^echo_room_rejected_total (\d+)$/m.exec(await metrics())![1]);
  while (await rejected() < 10_005); // all of it is counted, with one line a second
  assertMatch(await metrics(), /^echo_room_missed_total 0$/m);
  hostile.close();
  await draining;
});

Deno.test("room: a wrong URL, a wrong secret file, and --room-ca without TLS are wrong usage", async () => {
  const run = async (...options: string[]) => {
    const args = ["server", "0", "--plain", "--no-log", ...options];
    const { code, err } = await runProgram(args);
    return [code, err.split("\n").find((line) => line.startsWith("echo: cannot"))];
  };
  const expected =
    "it takes nats://HOST[:PORT][,HOST...]/NAME or tls://..., NAME of A-Z, a-z, 0-9, _ and -";
  for (
    const url of [
      "x",
      "nats://host",
      "nats://host/",
      "nats://host/a.b",
      "nats://user:pass@host/a",
      "http://host/a",
      "nats://host:0/a",
      "nats:///a",
      `nats://host/${"x".repeat(65)}`,
    ]
  ) assertEquals(await run("--room", url), [2, `echo: cannot use --room "${url}": ${expected}`]);
  const room = ["--room", "nats://127.0.0.1:1/a"];
  assertEquals(await run(...room, "--room-ca", "x.pem"), [
    2,
    "echo: cannot use --room-ca: without TLS there is no certificate; use tls://",
  ]);
  const [code, line] = await run(...room, "--room-secret", "/nonexistent/secret");
  assertEquals(code, 2);
  assertMatch(`${line}`, /^echo: cannot read the secret "\/nonexistent\/secret": no such file/);
});

Deno.test("room: unused, no file of NATS is loaded", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "lib/cli/server.ts"],
    cwd: `${import.meta.dirname}/../..`,
    stdout: "piped",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  type Import = { specifier: string; code?: unknown; isDynamic?: boolean };
  const importsNats = ({ dependencies = [] }: { dependencies?: Import[] }) =>
    dependencies.some(({ specifier, code, isDynamic }) =>
      /net\/nats\.ts$/.test(specifier) && code !== undefined && !isDynamic
    );
  assertEquals(modules.filter(importsNats).length, 0);
});

natsTest(
  "echo top shows all servers of a room by one request, and those that are cut off",
  async () => {
    await using nats = await Nats.start();
    await using a = await startMember(nats);
    await using b = await startMember(nats, "--workers", "2");
    await using client = await startClient(b);
    const url = `nats://127.0.0.1:${nats.port}/try`;
    const look = async () => {
      const { code, out, err } = await runProgram(["top", url, "--json", "--once"]);
      assertEquals([code, err], [0, ""]);
      return JSON.parse(out);
    };
    const { room, nodes, silent } = await look();
    assertEquals([room, nodes.length, silent], ["try", 2, []]);
    const clients = nodes.map(({ connections }: { connections: number }) => connections);
    assertEquals(clients.sort(), [0, 1]);
    a.program.signal("SIGKILL"); // without goodbye: it looks as if it were cut off
    await a.program.code;
    const { out } = await runProgram(["top", url]);
    assertMatch(out, /^room try at 127\.0\.0\.1:\d+\n1 server {2}1 clients /);
    assertMatch(out, new RegExp(`^${HOST} +1 +0 +0\\.00 +\\d+ s \\S+ +[0-9a-f]{8}$`, "m"));
    assertMatch(out, new RegExp(`^${HOST} +cut off, not heard for \\d+ s$`, "m"));
    await client.endInput();
  },
);

natsTest("a member is told how many messages of other servers it missed", async () => {
  await using nats = await Nats.start();
  await using a = await startMember(nats);
  await using b = await startMember(nats);
  await using listener = await startClient(b);
  await using speaker = await startClient(a);
  await speaker.type("first\n");
  await listener.out.find(/says: "first"$/);
  await nats.kill();
  await speaker.out.find(/^server says: cut off from the other servers/);
  for (const text of ["one", "two", "three"]) {
    await speaker.type(`${text}\n`);
    await speaker.out.find(new RegExp(`^server echoed: "${text}"$`));
  }
  await nats.restart();
  await listener.out.find(/^server says: 3 messages of other servers did not come$/);
});

natsTest("a message of 16 MiB reaches the clients of another server, exactly", async () => {
  await using nats = await Nats.start();
  await using a = await startMember(nats, "--plain", "--dialect", "frames");
  await using b = await startMember(nats, "--plain", "--dialect", "frames");
  using listener = await Deno.connect({ hostname: "::1", port: b.port });
  const reader = new ByteReader(listener);
  await listener.write(encodeMsg(Kind.text, utf8("enter")));
  await recvFrame(reader);
  using speaker = await Deno.connect({ hostname: "::1", port: a.port });
  const echoes = new Response(speaker.readable).bytes().catch(() => null);
  const payload = noise(16 * 1024 * 1024, 7);
  const frame = encodeMsg(Kind.bytes, payload);
  for (let at = 0; at < frame.length;) at += await speaker.write(frame.subarray(at));
  const broadcast = await recvFrame(reader);
  const { message } = decodeBroadcast(broadcast!.payload);
  assertEquals([broadcast!.kind, message.length], [Kind.broadcast, payload.length]);
  assertEquals(equals(message, payload), true);
  speaker.closeWrite();
  await echoes;
});
