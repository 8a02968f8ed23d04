/** `echo check --suite path` with a client, a switch and a server on hosts of their own. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Program, startServer } from "../support/echo.ts";
import { ADDRESSES } from "../support/link.ts";
import { Middle, obstacleToMiddle } from "../support/middle.ts";

const obstacle = await obstacleToMiddle();

/** A test that is skipped, and says why, where there can be no hosts. */
function hostsTest(name: string, fn: () => Promise<void>): void {
  const ignore = obstacle !== null;
  Deno.test({ name: ignore ? `${name} (skipped: ${obstacle})` : name, ignore, fn });
}

const HOST = ADDRESSES.IPv4.server;

function startOn({ server: within }: Middle) {
  return startServer({
    args: [HOST, "0", "--plain"],
    ready: /^server is using port: (\d+)$/,
    within,
  });
}

/** A check, and how its JSON reads. */
async function outcomeOf(program: Program) {
  const code = await program.code;
  const { cases } = JSON.parse(await program.out.text) as {
    cases: { id: string; status: string; diagnosis: string | null }[];
  };
  const failed = cases.filter(({ status }) => status === "failed");
  return { code, ids: failed.map(({ id }) => id), diagnosis: `${failed[0]?.diagnosis}` };
}

function check({ client: within }: Middle, port: number, ...options: string[]): Program {
  const args = ["check", HOST, `${port}`, "--suite", "path", "--plain", "--json", ...options];
  return new Program(args, { within });
}

hostsTest("check path: a switch that carries whole packets passes all cases", async () => {
  await using middle = await Middle.lay(1500);
  await using server = await startOn(middle);
  await using program = check(middle, server.port, "--idle", "500ms");
  const { code, ids } = await outcomeOf(program);
  assertEquals([code, ids], [0, []]);
});

hostsTest("check path: a cable of a smaller MTU that loses packets without ICMP", async () => {
  await using middle = await Middle.lay(1400);
  await using server = await startOn(middle);
  await using program = check(middle, server.port, "--idle", "500ms");
  const { code, ids, diagnosis } = await outcomeOf(program);
  assertEquals([code, ids], [6, ["path-size"]]);
  assertEquals(diagnosis, "stops at messages of 2KiB: the largest that passes has 1KiB");
});

hostsTest("check path: a cable that is cut while connections are silent", async () => {
  await using middle = await Middle.lay(1500);
  await using server = await startOn(middle);
  await using program = check(middle, server.port, "--idle", "5s", "--only", "path-idle");
  for (let i = 0; i < 10; i++) await server.program.out.find(/^server received message: "1\\n"$/);
  await middle.cut();
  const { code, ids, diagnosis } = await outcomeOf(program);
  assertEquals([code, ids], [6, ["path-idle"]]);
  assertMatch(
    diagnosis,
    /^forgets a silent connection between .*: the next message is lost, and no/,
  );
});
