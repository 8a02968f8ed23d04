/** Assignment 001: an echo server with a banner; style `banner`. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runClient, startServer } from "../support/echo.ts";

const TIME = String.raw`\d\d:\d\d:\d\d \d\d/\d\d/\d{4}`;

function startBanner() {
  const args = ["::1", "0", "--style", "banner"];
  return startServer({ args, ready: /^--- Starting server on port (\d+) at / });
}

Deno.test('001 "accumulate a message from some client and return that exact message"', async () => {
  await using server = await startBanner();
  const message = "a ".repeat(100_000) + "end";
  const { code, out } = await runClient(["::1", `${server.port}`, "--style", "banner"], message);
  assertEquals([code, out], [0, message]);
});

Deno.test('001 "When the server first starts ... --- Starting server on port 8888 at ..."', async () => {
  await using server = await startBanner();
  const wanted = new RegExp(`^--- Starting server on port ${server.port} at ${TIME} ---$`);
  assertMatch(server.program.out.soFar, wanted);
});

Deno.test('001 "the user shouldn\'t see any error", "--- Stopping server on port 8888 at ..."', async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using server = await startBanner();
    server.program.signal(signal);
    assertEquals(await server.program.code, 0);
    assertEquals(await server.program.err.text, "");
    const last = (await server.program.out.text).split("\n").at(-1)!;
    assertMatch(last, new RegExp(`^--- Stopping server on port ${server.port} at ${TIME} ---$`));
  }
});

Deno.test("001 \"a log of that message ... [12:43:10 29/01/2018] Echoed: 'Hello, world!'\"", async () => {
  await using server = await startBanner();
  await runClient(["::1", `${server.port}`, "Hello, world!"]);
  const [line] = await server.program.out.find(/Echoed/);
  assert(line !== undefined);
  assertMatch(server.program.out.soFar, new RegExp(`\\n\\[${TIME}\\] Echoed: 'Hello, world!'$`));
});

Deno.test('001 "accept a message from the command line ... and print it to the console"', async () => {
  await using server = await startBanner();
  const { code, out } = await runClient([
    "::1",
    `${server.port}`,
    "Hello,",
    "world!",
    "--style",
    "banner",
  ]);
  assertEquals([code, out], [0, "Hello, world!"]);
});

Deno.test('001 "containing any unicode characters"', async () => {
  await using server = await startBanner();
  for (const message of ["Grüße", "世界", "👩‍👩‍👧 🏳️‍🌈", "שלום مرحبا", "e\u0301", "𝕌𝕟𝕚", "\ufffd"]) {
    const { code, out } = await runClient(["::1", `${server.port}`, message, "--style", "banner"]);
    assertEquals([code, out], [0, message]);
  }
});

Deno.test('001 "messages of lengths that are multiples of the buffer length"', async () => {
  await using server = await startServer("--buffer", "16");
  for (const length of [16, 32, 48, 64, 1024, 4096]) {
    const message = "x".repeat(length);
    for (const buffer of ["8", "16", "32", "4096"]) {
      const options = ["--style", "banner", "--buffer", buffer];
      const { code, out } = await runClient(["::1", `${server.port}`, message, ...options]);
      assertEquals([code, out], [0, message], `${length} bytes, buffer of ${buffer}`);
    }
  }
});

Deno.test('001 stretch "connect multiple clients ... messages passed back and forth"', async () => {
  await using server = await startServer("--broadcast");
  const style = ["--style", "banner"];
  await using one = server.client(...style);
  await server.program.out.find(/^server connected/);
  await using two = server.client(...style);
  await server.program.out.find(/^server connected/);
  await one.type("from one\n");
  assertEquals(await one.out.next(), "from one");
  assertMatch(await two.out.next() ?? "", /^\[::1\]:\d+: from one$/);
  await two.type("from two\n");
  assertEquals(await two.out.next(), "from two");
  assertMatch(await one.out.next() ?? "", /^\[::1\]:\d+: from two$/);
});
