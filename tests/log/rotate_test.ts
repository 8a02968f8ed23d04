import { assertEquals, assertMatch } from "../support/assert.ts";
import { folder, opened } from "../support/log_file.ts";

Deno.test("LogFile over its largest size becomes FILE.1, and no line is lost", async () => {
  await using dir = await folder();
  const { file, problems } = await opened(dir.log, 30);
  for (const line of ["1 aaaaaaa", "2 bbbbbbb", "3 ccccccc", "4 ddddddd"]) {
    file.append(line);
    await file.flush();
  }
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), "1 aaaaaaa\n2 bbbbbbb\n3 ccccccc\n");
  assertEquals(await Deno.readTextFile(dir.log), "4 ddddddd\n");
  const long = "5".repeat(40); // longer than a log may be: it is alone
  file.append(long);
  await file.flush();
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), "4 ddddddd\n");
  file.append("6");
  await file.close();
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), `${long}\n`);
  assertEquals(await Deno.readTextFile(dir.log), "6\n");
  assertEquals(problems, []);
});

Deno.test("LogFile counts what was in the file before", async () => {
  await using dir = await folder();
  await Deno.writeTextFile(dir.log, "before, and long\n");
  const { file } = await opened(dir.log, 20);
  file.append("after");
  await file.close();
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), "before, and long\n");
  assertEquals(await Deno.readTextFile(dir.log), "after\n");
});

Deno.test("LogFile of two processes is renamed by one of them, and both go on", async () => {
  await using dir = await folder();
  const [one, two] = [await opened(dir.log, 25), await opened(dir.log, 25)];
  const write = async ({ file }: typeof one, line: string) => {
    file.append(line);
    await file.flush();
  };
  await write(one, "1 aaaaaaa");
  await write(two, "2 bbbbbbb");
  await write(one, "3 ccccccc");
  await write(two, "4 ddddddd"); // renames
  await write(one, "5"); // its file is FILE.1 now, and over the limit
  await Promise.all([one.file.close(), two.file.close()]);
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), "1 aaaaaaa\n2 bbbbbbb\n3 ccccccc\n");
  assertEquals(await Deno.readTextFile(dir.log), "4 ddddddd\n5\n");
  assertEquals([...one.problems, ...two.problems], []);
});

Deno.test({
  name: "LogFile that is a link is renamed where it really is",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    await Deno.mkdir(`${dir.path}/disk`);
    const target = `${dir.path}/disk/echo.log`;
    await Deno.symlink(target, dir.log);
    const { file } = await opened(dir.log, 4);
    for (const line of ["one", "two"]) {
      file.append(line);
      await file.flush();
    }
    await file.close();
    assertEquals(await Deno.readTextFile(`${target}.1`), "one\n");
    assertEquals(await Deno.readTextFile(target), "two\n");
    assertEquals(await Deno.readLink(dir.log), target);
  },
});

Deno.test("LogFile that cannot be renamed grows on, and says so once", async () => {
  await using dir = await folder();
  await Deno.mkdir(`${dir.log}.1/full`, { recursive: true });
  const { file, problems } = await opened(dir.log, 4);
  for (const line of ["one", "two", "three"]) {
    file.append(line);
    await file.flush();
  }
  await file.close();
  assertEquals(await Deno.readTextFile(dir.log), "one\ntwo\nthree\n");
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /^cannot rename the log ".*" to ".*\.1": .*; it grows on$/);
});
