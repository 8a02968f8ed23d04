import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Program, startServer } from "../support/echo.ts";

const LONGER = ["--duration", "2s", "--warmup", "0s"]; // one handshake at least, on a busy machine
const SHORT = ["--duration", "300ms", "--warmup", "0s"];

/** Runs `echo bench` to its end. */
async function bench(...args: string[]) {
  await using program = new Program(["bench", ...args]);
  await program.endInput();
  const code = await program.code;
  return { code, out: await program.out.text, err: await program.err.text };
}

Deno.test("bench measures a server, in frames and raw, and says so as JSON", async () => {
  await using server = await startServer("--style", "quiet");
  for (const dialect of ["frames", "raw"]) {
    const { code, out, err } = await bench(
      "::1",
      `${server.port}`,
      ...SHORT,
      "--json",
      "--dialect",
      dialect,
    );
    assertEquals([code, err], [0, ""]);
    const report = JSON.parse(out);
    assertEquals([report.dialect, report.size, report.depth], [dialect, 64, 1]);
    assert(
      report.messages > 0 && report.latency.p50 > 0 && report.latency.p50 <= report.latency.max,
    );
  }
});

Deno.test("bench counts handshakes", async () => {
  await using server = await startServer("--style", "quiet");
  const { code, out } = await bench("::1", `${server.port}`, ...LONGER, "--handshakes");
  assertEquals(code, 0);
  assertStringIncludes(out, "handshakes/s");
});

Deno.test("bench draws, and refuses what it cannot draw before it measures", async () => {
  await using server = await startServer("--style", "quiet");
  const directory = await Deno.makeTempDir();
  for (const name of ["a.svg", "a.html"]) {
    const path = `${directory}/${name}`;
    const { code, out } = await bench("::1", `${server.port}`, ...SHORT, "--plot", path);
    assertEquals(code, 0);
    assertStringIncludes(out, "messages/s");
    assertStringIncludes(await Deno.readTextFile(path), "</svg>");
  }
  await Deno.remove(directory, { recursive: true });
  const wrong = await bench("::1", `${server.port}`, "--plot", "a.png");
  assertEquals([wrong.code, wrong.out], [2, ""]);
  assertStringIncludes(wrong.err, "neither in .svg nor in .html");
  const nowhere = await bench("::1", `${server.port}`, ...SHORT, "--plot", "/no/such/place/a.svg");
  assertEquals([nowhere.code, nowhere.out], [1, ""]);
  assertStringIncludes(nowhere.err, 'cannot write "/no/such/place/a.svg"');
});

Deno.test("bench ends early at Ctrl-C, with what was measured", async () => {
  await using server = await startServer();
  await using program = new Program(["bench", "::1", `${server.port}`, "--warmup", "0s"]);
  // Some echoes are back: an interrupt before the first one has nothing to show.
  for (let i = 0; i < 10; i++) await server.program.out.find(/received message/);
  program.signal("SIGINT");
  assertEquals(await program.code, 0);
  assertStringIncludes(await program.out.text, "messages/s");
});

Deno.test("bench says in one line what is wrong, with the documented code", async () => {
  const free = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = free.addr;
  free.close();
  const refused = await bench("::1", `${port}`);
  assertEquals(refused.code, 3);
  assertStringIncludes(refused.err, "connection refused");
  for (const args of [[], ["::1"], ["::1", "0"], ["::1", "1", "2"], ["::1", "1", "--size", "0"]]) {
    const { code, err } = await bench(...args);
    assertEquals(code, 2);
    assert(err.startsWith("echo: "), err);
  }
});

Deno.test("bench ends with 3 when the server goes away in the middle", async () => {
  await using server = await startServer();
  await using program = new Program(["bench", "::1", `${server.port}`, "--duration", "1h"]);
  await server.program.out.find(/received message/);
  server.program.signal("SIGKILL");
  assertEquals(await program.code, 3);
  assertStringIncludes(await program.err.text, "echo: lost connection 1");
});

Deno.test("bench of a server that swallows everything ends in time, with figures and 3", async () => {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  const swallowing = (async () => {
    for await (const conn of listener) conn.readable.pipeTo(new WritableStream()).catch(() => {});
  })().catch(() => {});
  const target = ["::1", `${listener.addr.port}`, "--plain", "--dialect", "raw"];
  const times = ["--duration", "200ms", "--warmup", "0s", "--timeout", "300ms"];
  const text = await bench(...target, ...times);
  assertEquals(text.code, 3);
  assertStringIncludes(text.out, "nothing measured");
  assertStringIncludes(text.err, "1 message had no echo");
  const json = await bench(...target, ...times, "--json");
  assertEquals(json.code, 3);
  const { messages, latency, unanswered, error } = JSON.parse(json.out);
  assertEquals([messages, latency, unanswered], [0, null, 1]);
  assertStringIncludes(error, "1 message had no echo");
  listener.close();
  await swallowing;
});

Deno.test("bench --json is JSON also where it fails", async () => {
  const free = Deno.listen({ hostname: "::1", port: 0 });
  const { port } = free.addr;
  free.close();
  const { code, out } = await bench("::1", `${port}`, "--json");
  assertEquals(code, 3);
  const { error } = JSON.parse(out);
  assertEquals(error, `cannot connect to ::1 port ${port}: connection refused`);
});
