import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { commandFor, insist, runClient, startServer } from "../support/echo.ts";

/** A program whose standard output is read until it matches, and never again. */
async function startUnread(args: string[], ready: RegExp) {
  const [command, ...before] = commandFor(args[0]);
  const child = new Deno.Command(command!, {
    args: [...before, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!ready.test(text)) text += (await reader.read()).value ?? "";
  return {
    child,
    found: ready.exec(text)!,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // ended before
      }
      await reader.cancel();
      await child.stdin.close().catch(() => {});
      await child.status;
    },
  };
}

const LINES = `${"x".repeat(999)}\n`.repeat(4000); // more than pipes and queues hold

Deno.test("a screen that nobody reads holds neither the echo nor the end of a server", async () => {
  const args = ["server", "::1", "0", "--no-log"];
  await using server = await startUnread(args, /using port: (\d+)\n/);
  const port = server.found[1]!;
  const { code, out } = await runClient(["::1", port, "--style", "banner"], LINES);
  assertEquals([code, out.length], [0, LINES.length - 1]);
  server.child.kill("SIGTERM");
  assertEquals((await server.child.status).code, 0);
});

Deno.test("a client whose output nobody reads ends when interrupted twice", async () => {
  await using server = await startServer();
  const args = ["client", "::1", `${server.port}`, "--style", "banner"];
  await using client = await startUnread(args, /^$/);
  const writer = client.child.stdin.getWriter();
  writer.write(new TextEncoder().encode(LINES)).catch(() => {}); // it ends before it has all
  writer.releaseLock();
  await server.program.out.find(/^server received/);
  await insist({ signal: (signal) => client.child.kill(signal), code: client.child.status });
  // Before the second wish is heard it may have ended with what it has.
  assert([0, 3, 130].includes((await client.child.status).code));
});

Deno.test("standard output that cannot be written is a failure, also for the last line", async () => {
  await using server = await startServer();
  for (
    const args of [["client", "::1", `${server.port}`, "hi"], ["server", "--help"], ["--version"]]
  ) {
    for (let i = 0; i < 3; i++) {
      const command = [...commandFor(args[0]), ...args].map((word) => `'${word}'`).join(" ");
      const shell = new Deno.Command("sh", { args: ["-c", `${command} > /dev/full`] });
      const { code, stderr } = await shell.output();
      const said = new TextDecoder().decode(stderr).trim();
      assertEquals([code, said], [
        1,
        "echo: cannot write to standard output: no space left on device",
      ]);
    }
  }
});

Deno.test("an output whose reader has left ends the client without a word", async () => {
  await using server = await startServer();
  const words = ["client", "::1", `${server.port}`, "--style", "banner"];
  const command = [...commandFor("client"), ...words].map((word) => `'${word}'`).join(" ");
  const script = `(yes hello | (${command}; echo "code $?" >&2)) | head -1`;
  const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script] }).output();
  assertEquals(new TextDecoder().decode(stdout), "hello\n");
  assertMatch(new TextDecoder().decode(stderr), /^(yes: .*\n)?code 0\n(yes: .*\n)?$/);
});

Deno.test("a long line on the server's console is no exit, and does not hide the next one", async () => {
  await using server = await startServer();
  await server.program.type(`${"x".repeat(100_000)}\nexit\n`);
  assertEquals(await server.program.code, 0);
});
