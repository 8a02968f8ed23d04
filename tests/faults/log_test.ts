/** What happens to the log file while the server runs. Echoes come back all the time. */
import { delay } from "../../lib/std.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { crowd } from "../support/crowd.ts";
import { type Entry, parseLine, readLog } from "../support/logfmt.ts";
import type { Peer } from "../support/service.ts";
import { holds } from "../support/tools.ts";
import { startVictim, type Victim } from "../support/victim.ts";

/** Says numbered messages, and hears each. */
async function say(peer: Peer, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await peer.say(`${i}`);
    assertEquals((await peer.hear())?.text, `${i}`);
  }
}

/** The numbers that were logged, in their order. */
function numbers(entries: Entry[]): number[] {
  return entries.flatMap(({ event, text }) => event === "message" ? [Number(text)] : []);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Waits until the message of that number is logged in the file that is at the log's path now. */
async function logged(server: Victim, number: number, path = server.logPath): Promise<void> {
  while (!(await Deno.readTextFile(path).catch(() => "")).includes(`text="${number}"\n`)) {
    await delay(10);
  }
}

Deno.test("a log that is removed is made anew, without losing a line", async () => {
  await using server = await startVictim();
  using peer = await server.connect();
  await say(peer, 0, 10);
  await logged(server, 9);
  const before = numbers(await readLog(server.logPath));
  await Deno.remove(server.logPath);
  await say(peer, 10, 20);
  await logged(server, 19);
  peer.conn.close();
  const after = numbers(await server.finish("partial"));
  assertEquals([...before, ...after], upTo(20));
});

Deno.test("a log whose directory is gone is said once, and resumes when it is back", async () => {
  await using server = await startVictim();
  using peer = await server.connect();
  await say(peer, 0, 10);
  await logged(server, 9);
  const directory = server.logPath.slice(0, server.logPath.lastIndexOf("/"));
  const moved = `${directory}-gone`;
  await Deno.rename(directory, moved);
  await Deno.remove(`${moved}/echo-server.log`);
  await say(peer, 10, 20);
  const { input } = await server.program.err.find(/^echo: cannot write the log/);
  assertMatch(input, /no such file or directory; the echo goes on without it$/);
  await say(peer, 20, 30);
  await Deno.rename(moved, directory);
  await say(peer, 30, 40);
  await logged(server, 39);
  peer.conn.close();
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  assertEquals(numbers(await readLog(server.logPath)), upTo(40).slice(10));
  assertEquals((await server.program.err.text).split("\n").length, 1);
});

Deno.test("a log that is rotated by rename and SIGHUP goes on in the new file", async () => {
  await using server = await startVictim();
  using peer = await server.connect();
  const rotated = `${server.logPath}.1`;
  await say(peer, 0, 10);
  await Deno.rename(server.logPath, rotated);
  await say(peer, 10, 20); // these still belong to the old one
  await logged(server, 19, rotated);
  server.program.signal("SIGHUP");
  while (!await Deno.stat(server.logPath).then(() => true, () => false)) await delay(10);
  await say(peer, 20, 30);
  peer.conn.close();
  const after = numbers(await server.finish("partial"));
  assertEquals([...numbers(await readLog(rotated)), ...after], upTo(30));
  assertEquals(after, upTo(30).slice(20));
});

Deno.test("a log that is rotated by copytruncate goes on at its beginning", async () => {
  await using server = await startVictim();
  using peer = await server.connect();
  await say(peer, 0, 10);
  await logged(server, 9);
  await Deno.copyFile(server.logPath, `${server.logPath}.1`);
  await Deno.truncate(server.logPath);
  await say(peer, 10, 20);
  peer.conn.close();
  const after = numbers(await server.finish("partial"));
  assertEquals([...numbers(await readLog(`${server.logPath}.1`)), ...after], upTo(20));
});

/** Runs a command with a file system of 64 KiB at `directory`, which nobody else sees. */
function onSmallDisk(directory: string): string[] {
  const script = `mount -t tmpfs -o size=64k none ${directory} && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "sh"];
}

Deno.test({
  name: "a full disk is said once; when there is room again, no line is lost or cut",
  ignore: !holds("unshare --mount true"),
  async fn() {
    const directory = await Deno.makeTempDir();
    const log = `${directory}/echo-server.log`;
    await using server = await startVictim(["--log", log], { within: onSmallDisk(directory) });
    const seen = `/proc/${server.program.pid}/root${directory}`;
    using peer = await server.connect();
    await Deno.writeFile(`${seen}/ballast`, new Uint8Array(48 * 1024));
    await say(peer, 0, 500);
    const { input } = await server.program.err.find(/^echo: cannot write the log/);
    assertMatch(input, /no space left on device; the echo goes on without it$/);
    await say(peer, 500, 600);
    await Deno.remove(`${seen}/ballast`);
    await say(peer, 600, 610);
    await logged(server, 609, `${seen}/echo-server.log`);
    const entries = await readLog(`${seen}/echo-server.log`);
    assertEquals(numbers(entries), upTo(610));
    peer.conn.close();
    server.program.signal("SIGTERM");
    assertEquals(await server.program.code, 0);
    assertEquals((await server.program.err.text).split("\n").length, 1);
    await Deno.remove(directory);
  },
});

Deno.test({
  name: "a log that takes nothing is said once, and stops neither the echo nor the end",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    const log = `${directory}/fifo`;
    await new Deno.Command("mkfifo", { args: [log] }).output();
    using _ = await Deno.open(log, { read: true, write: true }); // it is open, and not read
    await using server = await startVictim(["--log", log]);
    using peer = await server.connect();
    const text = "x".repeat(30_000);
    for (let i = 0; i < 1_000; i++) { // three times what may wait
      await peer.say(text);
      assertEquals((await peer.hear())?.text, text);
    }
    server.program.signal("SIGTERM");
    peer.conn.close();
    assertEquals(await server.program.code, 0);
    const [line, ...more] = (await server.program.err.text).split("\n");
    assertMatch(line!, /^echo: the log ".*" takes nothing: lines are lost until it does; /);
    assertEquals(more, []);
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test("kill -9 under load leaves a log that can be read, without its unwritten end", async () => {
  await using server = await startVictim();
  const talkers = await crowd(server, 20);
  await server.logged("message", 5000);
  server.program.signal("SIGKILL");
  await Promise.all(talkers.map(({ over }) => over));
  const text = await Deno.readTextFile(server.logPath);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1); // at most the last line is cut
  const entries = whole.split("\n").slice(0, -1).map(parseLine);
  for (const { port, echoed } of talkers) {
    const own = numbers(entries.filter(({ peer }) => peer === `[::1]:${port}`));
    assertEquals(own, upTo(own.length)); // none is missing before the last
    assert(own.length <= echoed + 10, `${own.length} logged, ${echoed} echoed`);
  }
});
