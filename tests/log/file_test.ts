import { folder, opened } from "../support/log_file.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const WAITING = 2 * 1024 * 1024;
const KEPT = 8 * 1024 * 1024;

function sentence(path: string, why: string): string {
  return `cannot write the log "${path}": ${why}; the echo goes on without it`;
}

Deno.test("LogFile appends lines in their order, after what is there", async () => {
  await using dir = await folder();
  await Deno.writeTextFile(dir.log, "before\n");
  const { file, problems } = await opened(dir.log);
  file.append("one");
  file.append("zwölf");
  await file.flush();
  assertEquals(await Deno.readTextFile(dir.log), "before\none\nzwölf\n");
  file.append("three");
  await file.close();
  assertEquals(await Deno.readTextFile(dir.log), "before\none\nzwölf\nthree\n");
  assertEquals(problems, []);
});

Deno.test({
  name: "LogFile makes a file that only its owner reads",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    const { file } = await opened(dir.log);
    await file.close();
    assertEquals((await Deno.stat(dir.log)).mode! & 0o777, 0o600);
  },
});

Deno.test("LogFile ends a line that another program has left cut", async () => {
  await using dir = await folder();
  await Deno.writeTextFile(dir.log, "whole\ncu");
  const { file } = await opened(dir.log);
  file.append("next");
  await file.close();
  assertEquals(await Deno.readTextFile(dir.log), "whole\ncu\nnext\n");
});

Deno.test("LogFile.reopen goes on in a new file and loses no line", async () => {
  await using dir = await folder();
  const { file, problems } = await opened(dir.log);
  file.append("1");
  await file.flush();
  await Deno.rename(dir.log, `${dir.log}.1`);
  file.append("2");
  await file.flush();
  file.append("3");
  const reopened = file.reopen();
  file.append("4");
  await reopened;
  file.append("5");
  await file.close();
  assertEquals(await Deno.readTextFile(`${dir.log}.1`), "1\n2\n");
  assertEquals(await Deno.readTextFile(dir.log), "3\n4\n5\n");
  assertEquals(problems, []);
});

Deno.test("LogFile.append asks to wait when more than its limit waits", async () => {
  await using dir = await folder();
  const { file } = await opened(dir.log);
  const line = "x".repeat(WAITING / 2 - 1);
  assertEquals(file.append(line), undefined);
  assertEquals(file.append(line), undefined);
  const room = file.append("y");
  assert(room instanceof Promise);
  await room;
  assertEquals(file.append("z"), undefined);
  await file.close();
  assertEquals((await Deno.readTextFile(dir.log)).split("\n"), [line, line, "y", "z", ""]);
});

Deno.test({
  name: "LogFile tells of a full disk once, and does not stop anybody",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { file, problems } = await opened("/dev/full");
    for (const line of ["one", "two", "three"]) {
      assertEquals(file.append(line), undefined);
      await file.flush();
    }
    await file.close();
    assertEquals(problems, [sentence("/dev/full", "no space left on device")]);
  },
});

Deno.test("LogFile tells why it cannot be opened, at once", async () => {
  await using dir = await folder();
  const { file, problems } = await opened(dir.path);
  assertEquals(problems, [sentence(dir.path, "is a directory")]);
  await file.close();
  const nowhere = `${dir.path}/no\nwhere/echo.log`;
  const other = await opened(nowhere);
  assertEquals(other.problems, [
    sentence(nowhere.replace("\n", "\\n"), "no such file or directory"),
  ]);
  await other.file.close();
});

Deno.test({
  name: "LogFile tells of a permission that Deno was not given",
  permissions: { read: true, write: false },
  async fn() {
    const { file, problems } = await opened("echo.log");
    assertEquals(problems.length, 1);
    assertMatch(
      problems[0]!,
      /^cannot write the log "echo.log": requires write access to .*--allow-write/,
    );
    await file.close();
  },
});

Deno.test("LogFile writes what waited once it can, and tells of the next problem anew", async () => {
  await using dir = await folder();
  const log = `${dir.path}/later/echo.log`;
  const { file, problems } = await opened(log);
  file.append("1");
  await file.flush();
  file.append("2");
  await file.flush();
  assertEquals(problems.length, 1);

  await Deno.mkdir(`${dir.path}/later`);
  await file.flush();
  assertEquals(await Deno.readTextFile(log), "1\n2\n");

  await Deno.remove(`${dir.path}/later`, { recursive: true });
  await file.reopen();
  file.append("3");
  await file.flush();
  const why = sentence(log, "no such file or directory");
  assertEquals(problems, [why, why]);

  await Deno.mkdir(`${dir.path}/later`);
  file.append("4");
  await file.close();
  assertEquals(await Deno.readTextFile(log), "3\n4\n");
});

Deno.test("LogFile drops what is too much to keep, and says in its place how many lines", async () => {
  await using dir = await folder();
  const log = `${dir.path}/later/echo.log`;
  const { file } = await opened(log);
  const long = "x".repeat(KEPT / 4);
  const kept = ["1", "2", "3"].map((it) => it + long);
  for (const line of [...kept, `4${long}`, "5\n6", "7"]) { // the fourth is too much, the rest late
    file.append(line);
    await file.flush();
  }
  await Deno.mkdir(`${dir.path}/later`);
  file.append("next");
  await file.flush();
  file.append("last");
  await file.close();
  const lines = (await Deno.readTextFile(log)).split("\n");
  assertEquals(lines.slice(0, 3), kept);
  assertMatch(lines[3]!, /^time=\S+Z level=warn event=log-lost lines=4$/);
  assertEquals(lines.slice(4), ["next", "last", ""]);
});

Deno.test({
  name: "LogFile that takes nothing stops nobody: lines are dropped, counted and told",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using dir = await folder();
    await new Deno.Command("mkfifo", { args: [dir.log] }).output();
    const { file, problems } = await opened(dir.log);
    using reader = await Deno.open(dir.log, { read: true, write: true });
    const line = "x".repeat(1023);
    let lines = 0;
    for (; problems.length === 0; lines++) await file.append(line); // not for ever
    const why = "takes nothing: lines are lost until it does; the echo goes on";
    assertEquals(problems, [`the log "${dir.log}" ${why}`]);
    for (let i = 0; i < 5; i++) assertEquals(file.append(line), undefined);
    const wanted = `${line}\n`.repeat(lines);
    const came = new Uint8Array(wanted.length);
    for (let at = 0; at < came.length;) at += (await reader.read(came.subarray(at)))!;
    assertEquals(new TextDecoder().decode(came), wanted); // no line that was taken is lost
    const closed = file.close();
    const last = new Uint8Array(1000);
    const told = new TextDecoder().decode(last.subarray(0, (await reader.read(last))!));
    assertMatch(told, /^time=\S+Z level=warn event=log-lost lines=5\n$/);
    await closed;
  },
});

// A limit on file sizes stands for a disk that fills up in the middle of a line, and has room again.
const FILLING = `
import { LogFile } from ${JSON.stringify(import.meta.resolve("../../lib/log/file.ts"))};
const [log, moved] = Deno.args;
Deno.addSignalListener("SIGXFSZ", () => {}); // or else the signal would end it
async function limit(bytes) {
  const args = ["--pid=" + Deno.pid, "--fsize=" + bytes + ":"];
  const { success } = await new Deno.Command("prlimit", { args }).output();
  if (!success) throw new Error("prlimit failed");
}
const file = await LogFile.open(log, { maxSize: Infinity, onProblem: console.log });
await limit(25);
for (const line of ["1 aaaaaaa", "2 bbbbbbb", "3 ccccccc", "4 ddddddd"]) file.append(line);
await file.flush();
console.log(Deno.statSync(log).size);
file.append("5 eeeeeee");
await file.flush();
if (moved) Deno.renameSync(log, moved);
await limit("unlimited");
file.append("6 fffffff");
await file.close();
Deno.exit();
`;

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

async function fillUp(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, "--ext=ts", "-A", "-", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  await using child = command.spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(FILLING));
  await stdin.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

const WHOLE = "1 aaaaaaa\n2 bbbbbbb\n3 ccccccc\n4 ddddddd\n5 eeeeeee\n6 fffffff\n";

Deno.test({
  name: "LogFile goes on in the middle of the line where the disk was full",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using dir = await folder();
    const told = await fillUp(dir.log);
    assertEquals(told, `${sentence(dir.log, "file too large")}\n25\n`);
    assertEquals(await Deno.readTextFile(dir.log), WHOLE);
  },
});

Deno.test({
  name: "LogFile writes the whole line again if it goes on in another file",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using dir = await folder();
    const moved = `${dir.log}.1`;
    await fillUp(dir.log, moved);
    assertEquals(await Deno.readTextFile(moved), WHOLE.slice(0, 25));
    assertEquals(await Deno.readTextFile(dir.log), WHOLE.slice(20));
  },
});
