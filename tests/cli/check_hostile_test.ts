/** `echo check` on programs that harm: they are ended with all that they have started. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ANSWERS, checkPrograms as check, programTest } from "../support/check_programs.ts";
import { Program } from "../support/echo.ts";

/** What becomes of hostile servers. Some need more time than the case has, on a busy machine. */
const HOSTILE: Record<string, [mistake: RegExp, seen: RegExp]> = {
  "forks": [/^does not print/, /listening/],
  "setsid": [/^does not print/, /listening/],
  "never_ends": [/^does not print/, /listening/],
  "floods": [/^(does not print|prints more than 64 MiB)/, /flood|ended/],
  "writes_1gb": [/^does not print/, /File too large|listening/],
  "fork_bomb": [/^starts more than 200 processes$/, /ended/],
  "memory": [/^(does not print|takes more than 2 GiB of memory$)/, /ended|listening|nothing/],
};

programTest("nothing is left of a hostile program", async () => {
  await Promise.all(
    Object.entries(HOSTILE).map(async ([name, [mistake, seen]]) => {
      const directory = await Deno.makeTempDir();
      const server = `../hostile/${name}.py {port}`;
      const only = ["--dir", directory, "--only", "address"];
      const [code, { cases }] = await check("002", { server }, ...only);
      assertEquals(code, 6);
      assertMatch(`${cases[0]!.diagnosis}`, mistake);
      assertMatch(cases[0]!.saw, seen);
      assertEquals(await processesWith(`hostile/${name}.py`), []);
      let size = 0;
      for await (const file of Deno.readDir(directory)) {
        size += (await Deno.stat(`${directory}/${file.name}`)).size;
      }
      assert(size <= 64 * 1024 * 1024);
      await Deno.remove(directory, { recursive: true });
    }),
  );
});

programTest("what a program leaves behind is ended, and a line says so", async () => {
  const client = "../hostile/leaves.py";
  const [code, _report, err] = await check("002", { client }, "--only", "no-server");
  assertEquals([code, err], [0, "echo: ended 1 process that the programs had left behind"]);
});

/** The processes whose command line has a text. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(text) && !line.includes("check\0")) found.push(line);
  }
  return found;
}

programTest("Ctrl-C ends the programs too", async () => {
  const server = `python3 ${ANSWERS}hostile/never_ends.py {port}`;
  const args = ["check", "002", "--server", server, "--only", "address"];
  await using program = new Program(args);
  await program.out.find(/^client: our own$/);
  while ((await processesWith("hostile/never_ends.py")).length === 0) await tick();
  program.signal("SIGINT");
  assertEquals(await program.code, 130);
  assertEquals(await processesWith("hostile/never_ends.py"), []);
});

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
