/** The exercises of docs/course: their solutions pass the commands that grade them, and not before. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { commandFor } from "../support/echo.ts";
import { hasTool, runTool } from "../support/tools.ts";

const COURSE = new URL("../../docs/course/", import.meta.url);
const SOLUTIONS = new URL("../zoo/course/", import.meta.url).pathname;
const PORT = "12345";

/** An exercise, the command of its solution, and that of an earlier one, which must not pass. */
const SERVERS: [page: string, solution: string[], earlier: string[] | null][] = [
  ["1-by-hand.md", ["ncat", "-l", "-k", PORT, "-e", "/bin/cat"], null],
  ["2-one-client.md", ["python3", `${SOLUTIONS}2_one.py`, PORT], null],
  ["4-many-clients.md", ["python3", `${SOLUTIONS}4_many.py`, PORT], [`${SOLUTIONS}2_one.py`]],
  ["5-tls.md", ["python3", `${SOLUTIONS}5_tls.py`, PORT], [`${SOLUTIONS}4_many.py`]],
  ["6-messages.md", ["python3", `${SOLUTIONS}6_messages.py`, PORT], [`${SOLUTIONS}5_tls.py`]],
];

/** The commands of a page, each in one line. */
async function commandsOf(page: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(page, COURSE));
  return [...text.matchAll(/^```bash\n(.*?)^```/gms)].map(([, command]) => command!.trim());
}

/** Runs what grades an exercise against a server, which is started with a port that is free. */
async function grade(page: string, server: string[], cwd: string): Promise<[number, string]> {
  const port = freePort();
  const [name, ...args] = server.map((word) => word === PORT ? port : word);
  const child = new Deno.Command(name!, { args, cwd, stdout: "null", stderr: "null" }).spawn();
  let hasEnded = false; // that of exercise 2 does when a client resets its connection
  const ended = child.status.then(() => hasEnded = true);
  try {
    while (!await isListening(Number(port))) await new Promise((done) => setTimeout(done, 10));
    const command = (await commandsOf(page)).at(-1)!;
    const echo = commandFor("check").map((word) => `'${word}'`).join(" ");
    const script = command.replace("deno task echo", echo).replace(PORT, port);
    const { code, out } = await runTool(["bash", "-c", `cd ${cwd}; ${script}`]);
    return [code, out];
  } finally {
    if (!hasEnded) child.kill();
    await ended;
  }
}

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `${listener.addr.port}`;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

const hasAll = ["python3", "ncat", "openssl"].every(hasTool);

Deno.test({
  name: "course: the solution of each exercise passes, and that of the one before does not" +
    (hasAll ? "" : " (skipped: python3, ncat or openssl is missing)"),
  ignore: !hasAll,
  async fn() {
    const cwd = await Deno.makeTempDir();
    const openssl = (await commandsOf("5-tls.md")).find((it) => it.startsWith("openssl"))!;
    assertEquals((await runTool(["bash", "-c", `cd ${cwd}; ${openssl}`])).code, 0);
    const outcomes = await Promise.all(SERVERS.map(async ([page, solution, earlier]) => {
      const [code, out] = await grade(page, solution, cwd);
      const before = earlier && (await grade(page, ["python3", ...earlier, PORT], cwd))[0];
      return [page, code, / 0 failed,/.test(out), before];
    }));
    assertEquals(outcomes, SERVERS.map(([page, , earlier]) => [page, 0, true, earlier && 6]));
    await Deno.remove(cwd, { recursive: true });
  },
});

Deno.test({
  name: "course: the client of exercise 3 passes" +
    (hasAll ? "" : " (skipped: python3, ncat or openssl is missing)"),
  ignore: !hasAll || Deno.build.os !== "linux",
  async fn() {
    const [command] = await commandsOf("3-a-client.md");
    const echo = commandFor("check").map((word) => `'${word}'`).join(" ");
    const script = command!.replace("deno task echo", echo)
      .replace("client.py", `${SOLUTIONS}3_client.py`);
    const { code, out } = await runTool(["bash", "-c", script]);
    assertEquals(code, 0);
    assertMatch(out, /\n2 passed, 0 failed/);
  },
});

Deno.test("course: each page is in the list, and ends with what grades it", async () => {
  const list = await Deno.readTextFile(new URL("README.md", COURSE));
  for await (const { name } of Deno.readDir(COURSE)) {
    if (name === "README.md") continue;
    assertMatch(list, new RegExp(`\\]\\(${name}\\)`));
    assertMatch((await commandsOf(name)).at(-1)!, /^deno task echo check /);
  }
});
