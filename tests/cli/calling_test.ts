/** How the program is called: by the tasks of deno.json, and in the commands that it prints. */
import deno from "../../deno.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { Program } from "../support/echo.ts";

const ROOT = `${import.meta.dirname}/../..`;
const isCompiled = Deno.env.get("ECHO_COMMAND") !== undefined;

Deno.test("no task lets Deno's download bar erase the first lines", () => {
  const running = Object.entries(deno.tasks)
    .filter(([, { command }]) => command.startsWith("deno run "));
  assert(running.length > 5);
  for (const [name, { command }] of running) {
    assertEquals([name, command.split(" ")[2]], [name, "-q"]);
  }
});

/** The call of a command in the line about its usage. */
async function printedUsage(command: string[], home: string, within: string[]): Promise<string> {
  const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  await using program = new Program(command, { env: { HOME: home, DENO_DIR: cache }, within });
  assertEquals(await program.code, 2);
  return / see (.*) --help$/.exec(await program.err.text)![1]!;
}

Deno.test({
  name:
    "a printed command begins as this echo was called: a task, or netecho where it is installed",
  ignore: isCompiled || Deno.build.os === "windows",
  async fn() {
    const home = await Deno.makeTempDir();
    const client = ["client", "localhost", "0"];
    const byHand = ["env", "-u", "INIT_CWD"];
    assertEquals(await printedUsage(client, home, byHand), "deno task client");
    await Deno.mkdir(`${home}/.deno/bin`, { recursive: true });
    const shim = `#!/bin/sh\nexec deno run '${await Deno.realPath(`${ROOT}/main.ts`)}' "$@"\n`;
    await Deno.writeTextFile(`${home}/.deno/bin/netecho`, shim);
    assertEquals(await printedUsage(client, home, byHand), "netecho client");
    assertEquals(await printedUsage(client, home, []), "deno task client");
    assertEquals(await printedUsage(["bench", "localhost", "0"], home, []), "deno task echo bench");
    await Deno.remove(home, { recursive: true });
  },
});
