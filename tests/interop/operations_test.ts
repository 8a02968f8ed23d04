/** Every command in docs/operations.md, in the order of the page, against the server that it starts. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { commandFor, startServer } from "../support/echo.ts";
import { hasTool, runTool } from "../support/tools.ts";

const PAGE = new URL("../../docs/operations.md", import.meta.url);

/** What each command has to print. */
const PRINTED: Record<string, RegExp> = {
  "curl -s http://localhost:9090/livez": /^ok\n$/,
  "curl -s http://localhost:9090/readyz": /^serving\n$/,
  "curl -s http://localhost:9090/metrics": /^# HELP echo_build_info /,
  "deno task top 9090 --once": /^echo \S+ {2}127\.0\.0\.1:\d+ {2}serving /,
};

Deno.test({
  name: "operations: each command of the page works as it stands there" +
    (hasTool("curl") ? "" : " (skipped: curl is missing)"),
  ignore: !hasTool("curl"),
  async fn() {
    const page = await Deno.readTextFile(PAGE);
    const commands = [...page.matchAll(/```bash\n(.*?)```/gs)]
      .flatMap(([, block]) => block!.trimEnd().split("\n"));
    assertEquals(commands.shift(), "deno task server 12345 --admin 9090");
    assertEquals(commands.toSorted(), Object.keys(PRINTED).sort());
    await using server = await startServer({
      args: ["::", "0", "--admin", "0"], // free ports instead of those of the page
      ready: /^server is using port: (\d+)$/,
    });
    const [, admin] = await server.program.err.find(/^admin: http:\/\/127\.0\.0\.1:(\d+)\/$/);
    for (const command of commands) {
      const [program, task, name, ...rest] = command.replace("9090", admin!).split(" ");
      const words = program === "deno"
        ? [...commandFor(name), name, ...rest]
        : [program, task, name];
      const { code, out } = await runTool(words.map((word) => word!));
      assertEquals([command, code], [command, 0]);
      assertMatch(out, PRINTED[command]!);
    }
    assert(commands.length === 4);
  },
});
