/** The commands of docs/checking.md: the loop over submissions, and what the page shows. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { commandFor } from "../support/echo.ts";
import { hasTool, runTool } from "../support/tools.ts";

const PAGE = new URL("../../docs/checking.md", import.meta.url);

/** A submission: it takes its port; `change` is done to each read. */
const submission = (change: string) =>
  `import socket, sys, threading

def serve(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                conn.sendall(${change})
        except ConnectionError:
            pass

with socket.create_server(("", int(sys.argv[1]))) as listener:
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
`;

Deno.test({
  name: "checking: the page's loop grades submissions" +
    (hasTool("python3") ? "" : " (skipped: python3 is missing)"),
  ignore: !hasTool("python3"),
  async fn() {
    const page = await Deno.readTextFile(PAGE);
    const [, loop] = /```bash\n(for .*?)```/s.exec(page) ?? [];
    const directory = await Deno.makeTempDir();
    for (const [name, change] of [["alice", "data"], ["bob", "data.upper()"]]) {
      await Deno.mkdir(`${directory}/submissions/${name}`, { recursive: true });
      const file = `${directory}/submissions/${name}/server.py`;
      await Deno.writeTextFile(file, submission(change!));
    }
    using port = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const free = port.addr.port;
    port.close();
    const echo = commandFor("check").map((word) => `'${word}'`).join(" ");
    const script = `cd ${directory}\n` +
      loop!.replace("deno task echo", echo).replaceAll("23456", `${free}`);
    const { code, out } = await runTool(["bash", "-c", script]);
    assertEquals(code, 0);
    assertMatch(out, /22 passed, 0 failed, 0 skipped/);
    assertMatch(out, /FAILED {2}hello .*\n +the server changes letters to upper case\n/);
    const points = async (name: string) => {
      const file = `${directory}/submissions/${name}/results.json`;
      const { tests } = JSON.parse(await Deno.readTextFile(file));
      return tests.reduce((sum: number, { score }: { score: number }) => sum + score, 0);
    };
    assertEquals([await points("alice"), await points("bob")], [22, 1]);
    await Deno.remove(directory, { recursive: true });
  },
});
