/** `echo bench --agents`: a load from several processes that meet at a real nats-server. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runProgram, startServer } from "../support/echo.ts";
import { Nats, natsTest } from "../support/nats.ts";

/** An agent that waits for a bench. */
async function startAgent(via: string): Promise<Program> {
  const agent = new Program(["bench", "--agent", "--via", via]);
  await agent.err.find(/^agent: ready at /);
  return agent;
}

const SHORT = ["--duration", "500ms", "--warmup", "100ms"];

natsTest("bench with agents: they start together, and their histograms are merged", async () => {
  await using nats = await Nats.start();
  await using server = await startServer("--style", "quiet");
  const via = `nats://127.0.0.1:${nats.port}/load`;
  await using _one = await startAgent(via);
  await using two = await startAgent(via);
  const args = ["bench", "::1", `${server.port}`, "--agents", "2", "--via", via, ...SHORT];
  for (const more of [["--connections", "3"], ["--handshakes"], ["--rate", "100"]]) {
    const { code, out, err } = await runProgram([...args, ...more, "--json"]);
    assertEquals([code, err], [0, ""]);
    const report = JSON.parse(out);
    assertEquals(report.agents.length, 2);
    const count = report.messages ?? report.handshakes;
    assert(count > 0 && report.latency.p50 > 0 && report.startSkew >= 0);
    assertEquals(report.connections, more[0] === "--connections" ? 6 : 2);
    if (more[0] === "--rate") assertEquals(report.rate, 200);
  }
  const { code, out } = await runProgram(args);
  assertEquals(code, 0);
  assertMatch(out, /^2 agents, started within [\d.]+ ms\n {2}\S+\/[0-9a-f]{8}: [\d,]+\/s$/m);
  two.signal("SIGTERM");
  assertEquals(await two.code, 0);
});

natsTest("bench with agents: one that dies is told, and the rest counts", async () => {
  await using nats = await Nats.start();
  await using server = await startServer("--style", "quiet");
  const via = `nats://127.0.0.1:${nats.port}/load`;
  await using _one = await startAgent(via);
  await using two = await startAgent(via);
  const port = `${server.port}`;
  await using lead = new Program(
    ["bench", "::1", port, "--agents", "2", "--via", via, "--duration", "5s", "--json"],
  );
  await two.err.find(/^agent: measuring ::1 port/);
  two.signal("SIGKILL");
  const report = JSON.parse((await lead.out.next())!);
  assertEquals(await lead.code, 3);
  assert(report.messages > 0);
  const problems = report.agents.map(({ problem }: { problem: string | null }) => problem);
  assertEquals(problems.toSorted(), ["it has gone: nothing came from it for 3 s", null].sort());
  assertMatch(report.error, /^agent \S+\/[0-9a-f]{8}: it has gone/);
});

natsTest("bench with agents: a server that is not there, and agents that do not come", async () => {
  await using nats = await Nats.start();
  const via = `nats://127.0.0.1:${nats.port}/load`;
  const few = await runProgram(
    ["bench", "::1", "1", "--agents", "2", "--via", via, "--timeout", "1s"],
  );
  assertEquals([few.code, few.err], [
    3,
    "echo: cannot start 2 agents: 0 of them were ready within 1 s; " +
    "start more with bench --agent --via URL",
  ]);
  await using _one = await startAgent(via);
  const { code, err } = await runProgram(
    ["bench", "::1", "1", "--agents", "1", "--via", via, "--timeout", "3s"],
  );
  assertEquals(code, 3);
  assertMatch(err, /connection refused/);
});

Deno.test("bench with agents: wrong usage", async () => {
  const run = async (...args: string[]) => {
    const { code, err } = await runProgram(["bench", ...args]);
    return [code, err.split("\n")[0]];
  };
  assertEquals(await run("::1", "1", "--agents", "2"), [
    2,
    "echo: cannot start: --via is missing; as in --via nats://HOST/NAME",
  ]);
  assertEquals(await run("::1", "1", "--agent", "--via", "nats://::1/x"), [
    2,
    'echo: cannot use --via "nats://::1/x": it takes nats://HOST[:PORT][,HOST...]/NAME or ' +
    "tls://..., NAME of A-Z, a-z, 0-9, _ and -",
  ]);
  assertEquals(await run("host", "--agent", "--via", "nats://localhost/x"), [
    2,
    'echo: cannot use "host" with --agent: the one that leads it says which server it measures',
  ]);
});
