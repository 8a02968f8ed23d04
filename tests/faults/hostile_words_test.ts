/** Words of the command line, paths and variables that are shown in the lines about them. */
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";
import { assertSafe, assertSafeLines, FORGED, HOSTILE_TEXTS } from "../support/hostile.ts";
import { folder, selfSigned } from "../support/odd_certs.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";

/** All of it, as far as a command line can have it. */
const WORD = Object.values(HOSTILE_TEXTS).join("").replaceAll("\0", "");

/** Commands with the word in each place, which fail before they do anything. */
const WRONG: string[][] = [
  [WORD],
  ["server", WORD],
  ["server", WORD, "0"],
  ["server", "::1", "0", WORD],
  ["server", "::1", "0", `--${WORD}`],
  ["server", "::1", "0", `--once=${WORD}`],
  ["server", "::1", "0", "--style", WORD],
  ["server", "::1", "0", "--drain", WORD],
  ["server", "::1", "0", "--no-log", "--cert", WORD, "--key", WORD],
  ["client", WORD, "1"],
  ["client", "::1", WORD],
  ["client", "::1", "1", "hi", "--ca", WORD],
  ["client", "::1", "1", "hi", "--pin", WORD],
  ["client", "::1", "1", "hi", "--server-name", WORD],
  ["cert", WORD],
  ["cert", "trust", WORD, "1"],
  ["bench", WORD, "1"],
  ["bench", "::1", "1", "--plot", WORD],
  ["demo-udp", WORD],
];

Deno.test("a hostile word is quoted in one line: exit code 2", async () => {
  await Promise.all(WRONG.map(async (words) => {
    const { code, out, err } = await runProgram(words);
    const [line, usage, ...more] = err.split("\n");
    assertEquals([code, out, more], [2, "", []], JSON.stringify(words));
    assertSafe(line!);
    assert(/^usage: echo /.test(usage!), usage);
  }));
});

Deno.test("hostile HOST and PORT from standard input are quoted in one line", async () => {
  for (const input of [`${WORD.replaceAll("\n", "")}\n`, `::1\n${WORD.replaceAll("\n", "")}\n`]) {
    const { code, err } = await runProgram(["client"], input);
    assertEquals(code, 2);
    assertSafeLines(err);
    assertEquals(err.split("\n").length, 2);
  }
});

Deno.test("a log with a hostile name that cannot be written is told in one line", async () => {
  await using dir = await folder();
  const log = `${dir.path}/${WORD.replaceAll("/", "")}/x`;
  await using server = await startServer("--log", log);
  const client = server.client("hi", "--log", log);
  assertEquals(await client.code, 0);
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  for (const { err } of [server.program, client]) {
    assertSafe(await err.text);
    assert((await err.text).startsWith("echo: cannot write the log "));
  }
  await client[Symbol.asyncDispose]();
});

Deno.test("a hostile MESSAGE is sent as it is, and shown in a line", async () => {
  await using server = await startServer();
  const { code, out, err } = await runProgram(["client", "::1", `${server.port}`, WORD]);
  assertEquals([code, err], [0, ""]);
  assertSafeLines(out);
  assertEquals(out.split("\n").length, 3);
  await using quiet = server.client("--json", WORD);
  const { text } = JSON.parse((await quiet.out.find(/"echoed"/)).input);
  assertEquals(text, WORD);
});

Deno.test("known hosts in a hostile directory are told in one line, kept or not", async () => {
  await using dir = await folder();
  const pair = await selfSigned();
  const files = [
    "--cert",
    await dir.put("cert", pair.cert),
    "--key",
    await dir.put("key", pair.key),
  ];
  await using server = await startServer(...files);
  const pin = fingerprintOf(derOf(pair.cert));
  const reached = ["::1", `${server.port}`];
  const env = { XDG_DATA_HOME: await dir.put(WORD.replaceAll("/", "").slice(0, 60), "") };
  for (
    const [words, wanted, beginning] of [
      [["client", ...reached, "hi", "--pin", pin], 0, "echo: cannot write "],
      [["cert", "trust", ...reached, "--pin", pin], 1, "echo: cannot write "],
      [["cert", "forget", ...reached], 1, "echo: cannot forget "],
    ] as const
  ) {
    const { code, err } = await runProgram([...words], "", { env });
    assertEquals(code, wanted);
    assertSafe(err);
    assert(err.startsWith(beginning) && err.includes(FORGED), err);
  }
});

Deno.test({
  name: "a hostile HOST typed at a terminal is quoted" + (hasTmux ? "" : " (skipped: no tmux)"),
  ignore: !hasTmux,
  async fn() {
    await using terminal = await Terminal.open(["client"], { columns: 150 });
    await terminal.until((screen) => screen.endsWith("HOST:"));
    await terminal.type("x\u009b\u202ey");
    await terminal.press("Enter");
    const screen = await terminal.until((screen) => screen.endsWith("\nHOST:"));
    assert(
      screen.includes('echo: cannot use HOST "x\\x9b\\u202ey": it is not a host name'),
      screen,
    );
  },
});
