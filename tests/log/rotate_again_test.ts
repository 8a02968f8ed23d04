import { LogFile } from "../../lib/log/file.ts";

Deno.test("a log that could not be renamed once is renamed later", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/a/log`;
  await Deno.mkdir(`${directory}/a`);
  const problems: string[] = [];
  const log = await LogFile.open(path, { maxSize: 100, onProblem: (it) => problems.push(it) });
  const add = async (text: string) => {
    await log.append(text);
    await log.flush();
  };
  await add("x".repeat(90));
  await Deno.rename(`${directory}/a`, `${directory}/b`);
  await add("y".repeat(90)); // it cannot be renamed: its folder is gone
  await Deno.rename(`${directory}/b`, `${directory}/a`);
  const isRotated = async () => {
    await add("z".repeat(90));
    return await Deno.stat(`${path}.1`).then(() => true, () => false);
  };
  while (!await isRotated()) await new Promise((resolve) => setTimeout(resolve, 50));
  await log.close();
  await Deno.remove(directory, { recursive: true });
});
