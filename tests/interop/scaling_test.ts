/** The commands of docs/scaling.md, with the broker that docs/nats-server.conf describes. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runProgram, startServer } from "../support/echo.ts";
import { Nats, natsTest } from "../support/nats.ts";

const DOCS = new URL("../../docs/", import.meta.url);

natsTest("each command of the page on rooms works", async () => {
  const page = await Deno.readTextFile(new URL("scaling.md", DOCS));
  const commands = [...page.matchAll(/```bash\n(.*?)```/gs)]
    .flatMap(([, block]) => block!.trimEnd().split("\n"));
  assertEquals(commands.shift(), "nats-server -c docs/nats-server.conf");
  const config = await Deno.readTextFile(new URL("nats-server.conf", DOCS));
  await using nats = await Nats.start(config.replace(/^listen:.*$/m, "")); // a free port instead
  const directory = await Deno.makeTempDir();
  // The secrets are those of the comments in the configuration.
  for (
    const [file, user] of [["secret", "echo"], ["top-secret", "top"], ["bench-secret", "bench"]]
  ) {
    const secret = new RegExp(`: (${user}:\\S+)$`, "m").exec(config)![1]!;
    await Deno.writeTextFile(`${directory}/${file}.txt`, `${secret}\n`);
  }
  await using other = await startServer("--style", "quiet");
  const wordsOf = (command: string) =>
    command.replace(/^deno task (echo )?/, "")
      .replace("server.example 12345", `::1 ${other.port}`)
      .replace("server 12345", "server ::1 0")
      .replace("broker.example", `127.0.0.1:${nats.port}`)
      .replace("--agents 4", "--agents 1 --duration 300ms --warmup 0")
      .replace(/(\S+)\.txt/, `${directory}/$1.txt`).split(" ");
  const [server, top, agent, bench, ...more] = commands.map(wordsOf);
  assertEquals(more, []);
  await using running = new Program([...server!, "--no-log"]);
  await running.out.find(/^server shares room try at /);
  const seen = await runProgram(top!);
  assertEquals([seen.code, seen.err], [0, ""]);
  assertMatch(seen.out, /\n1 server /);
  await using _agent = new Program(agent!);
  await _agent.err.find(/^agent: ready/);
  const { code, out, err } = await runProgram(bench!);
  assertEquals([code, err], [0, ""]);
  assert(out.includes("messages/s"));
  await Deno.remove(directory, { recursive: true });
});
