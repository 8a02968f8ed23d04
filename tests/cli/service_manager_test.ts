/** `Type=notify`: what a service manager is sent, at a real socket. */
import { TextLineStream } from "@std/streams/text-line-stream";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";
import { hasTool } from "../support/tools.ts";

const LINUX = Deno.build.os === "linux";

/** A service manager's socket, and the next message that matches. */
async function openManager() {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  return {
    path,
    async next(pattern: RegExp): Promise<string> {
      for (;;) {
        const [bytes] = await socket.receive();
        const text = new TextDecoder().decode(bytes);
        if (pattern.test(text)) return text;
      }
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test({
  name: "systemd: ready, the number of connections, reloading, signs of life, and the stop",
  ignore: !LINUX,
  async fn() {
    await using manager = await openManager();
    const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "100000" };
    await using server = await startServer({
      args: ["::1", "0"],
      ready: /^server is using port: (\d+)$/,
      env,
    });
    assertEquals(await manager.next(/./), "READY=1");
    assertEquals(await manager.next(/./), "STATUS=0 connections");
    for (let i = 0; i < 3; i++) assertEquals(await manager.next(/WATCHDOG/), "WATCHDOG=1");
    await using client = server.client();
    await client.out.find(/connected/);
    assertEquals(await manager.next(/STATUS/), "STATUS=1 connection");
    server.program.signal("SIGHUP");
    assertEquals(await manager.next(/RELOADING|READY/), "RELOADING=1");
    assertEquals(await manager.next(/RELOADING|READY/), "READY=1");
    server.program.signal("SIGTERM");
    assertMatch(await manager.next(/STOPPING/), /^STOPPING=1\nSTATUS=waiting for clients/);
    assertEquals(await server.program.code, 0);
  },
});

Deno.test({
  name: "systemd: a socket that has no file (@NAME)" +
    (hasTool("python3") ? "" : " (skipped: python3 is missing)"),
  ignore: !LINUX || !hasTool("python3"),
  async fn() {
    const name = `echo-test-${crypto.randomUUID()}`;
    const script = `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0${name}")
print("bound", flush=True)
print(s.recv(1000).decode(), flush=True)`;
    await using manager = new Deno.Command("python3", {
      args: ["-c", script],
      stdout: "piped",
    }).spawn();
    const text: ReadableStream<string> = manager.stdout.pipeThrough(new TextDecoderStream());
    const lines = text.pipeThrough<string>(new TextLineStream()).getReader();
    assertEquals((await lines.read()).value, "bound");
    await using server = await startServer({
      args: ["::1", "0"],
      ready: /^server is using port: (\d+)$/,
      env: { NOTIFY_SOCKET: `@${name}` },
    });
    assertEquals((await lines.read()).value, "READY=1");
    await manager.status;
    await lines.cancel();
    assertEquals(server.program.err.soFar, "");
  },
});

Deno.test("systemd: a socket that is not there, or none at all, stops nothing", async () => {
  for (const path of ["/nonexistent/notify", "relative", "@", `/${"x".repeat(200)}`]) {
    await using server = await startServer({
      args: ["::1", "0", "--once"],
      ready: /^server is using port: (\d+)$/,
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "x" },
    });
    const { code } = await runProgram(["client", "::1", `${server.port}`, "hello"]);
    assertEquals([code, await server.program.code], [0, 0]);
    assertEquals(await server.program.err.text, "");
  }
});
