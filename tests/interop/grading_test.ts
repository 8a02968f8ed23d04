/** The commands of docs/grading.md: the loop over submissions, and the two for services. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { ANSWERS, programTest } from "../support/check_programs.ts";
import { commandFor } from "../support/echo.ts";
import { runTool } from "../support/tools.ts";

const PAGE = new URL("../../docs/grading.md", import.meta.url);

programTest("the commands of docs/grading.md grade submissions", async () => {
  const page = await Deno.readTextFile(PAGE);
  const commands = [...page.matchAll(/^```bash\n(.*?)^```/gms)].map(([, command]) => command!);
  const directory = await Deno.makeTempDir();
  for (const name of ["ada", "submission"]) {
    const folder = `${directory}/${name === "ada" ? "submissions/ada" : name}`;
    await Deno.mkdir(folder, { recursive: true });
    for (const file of ["server.py", "client.py"]) {
      await Deno.copyFile(`${ANSWERS}002/${file}`, `${folder}/${file}`);
    }
  }
  await Deno.mkdir(`${directory}/results`);
  const echo = commandFor("check").map((word) => `'${word}'`).join(" ");
  const run = async (command: string, cwd: string) => {
    const script = command.replace(
      /deno task echo|\.\/tools\/echo|\/autograder\/source\/echo/,
      echo,
    )
      .replaceAll("/autograder", directory);
    const { code, out } = await runTool(["bash", "-c", `cd ${cwd}\n${script}`]);
    assertEquals(code, 0);
    return out;
  };
  const [loop, gradescope, classroom] = commands;
  assertMatch(await run(loop!, directory), /== submissions\/ada\/\n.*\n13 of 13 points\n/s);
  const points = async (file: string) => {
    const { tests } = JSON.parse(await Deno.readTextFile(`${directory}/${file}`));
    return tests.reduce((sum: number, { score }: { score: number }) => sum + score, 0);
  };
  assertEquals(await points("submissions/ada/results.json"), 13);
  await run(gradescope!, directory);
  assertEquals(await points("results/results.json"), 13);
  assertMatch(await run(classroom!, `${directory}/submission`), /\n12 passed, 0 failed/);
  await Deno.remove(directory, { recursive: true });
});
