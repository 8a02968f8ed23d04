import { readFileText } from "../../lib/certs/read_file.ts";
import { write } from "../../lib/certs/store.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

Deno.test("a link to a link to a file that is not there: the last one is made, both links stay", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.symlink(`${directory}/second`, `${directory}/first`);
  await Deno.symlink(`${directory}/third`, `${directory}/second`);
  await write(`${directory}/first`, "text", 0o600);
  assertEquals(await Deno.readTextFile(`${directory}/third`), "text");
  for (const link of ["first", "second"]) {
    assertEquals((await Deno.lstat(`${directory}/${link}`)).isSymlink, true);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a pipe instead of a file is refused at once", async () => {
  const directory = await Deno.makeTempDir();
  const pipe = `${directory}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await assertRejects(() => readFileText(pipe), Error, "it is not a file");
  await Deno.remove(directory, { recursive: true });
});
