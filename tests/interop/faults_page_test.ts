/** The commands of docs/faults.md. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient } from "../support/echo.ts";

Deno.test("faults: the commands of the page do what it says", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/faults.md", import.meta.url));
  const [, server, client] = /```bash\ndeno task server (.*)\ndeno task client (.*)\n```/.exec(
    page,
  )!;
  const [, shown, warning] = /```console\n\$ deno task server (.*)\n(.*)\n```/.exec(page)!;
  for (const args of [server!, shown!]) {
    const words = args.replace("12345", "0").split(" ");
    await using program = new Program(["server", ...words, "--no-log"]);
    const [, port] = await program.out.find(/^server is using port: (\d+)$/);
    if (args === shown) assertEquals(program.err.soFar, warning);
    else {
      const { code, err } = await runClient(client!.replace("12345", port!).split(" "));
      assertEquals(code, 5);
      assertMatch(err, /it changes a bit of a message$/);
    }
    await program.type("exit\n");
    assertEquals(await program.code, 0);
  }
});
