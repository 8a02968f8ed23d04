/** `echo check` on right servers, and on one for each mistake: it is found, and named, and nothing else. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runProgram, startServer } from "../support/echo.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";
import { hasTool } from "../support/tools.ts";
import { startBeast } from "../support/zoo.ts";

/** The case that fails for each server of the zoo, and the mistake. */
const MISTAKES: Record<string, [id: string, diagnosis: RegExp] | null> = {
  "right_threads.py": null,
  "right_asyncio.py": null,
  "right_node.mjs": null,
  "right_lines.py": ["no-line-end", /^answers only when a line end comes$/],
  "whole_buffer.py": ["shorter", /^sends a part of an older message again: .* whole buffer/],
  "nul_padding.py": ["hello", /^pads with NUL bytes/],
  "twice.py": ["hello", /^sends a message back twice$/],
  "upper_case.py": ["hello", /^changes letters to upper case$/],
  "prefix.py": ["hello", /^puts "Echo: " before the message$/],
  "suffix.py": ["hello", /^puts " \(received\)" after the message$/],
  "json_node.mjs": ["hello", /^puts other text around the message$/],
  "no_line_end.py": ["hello", /^leaves out the line end$/],
  "greets_first.py": ["silence", /^greets first/],
  "closes.py": ["second", /^reads only once, and closes after one message$/],
  "first_read_only.py": ["second", /^reads only once, and closes after one message$/],
  "loses_bytes.py": ["all-bytes", /^decodes the bytes as text, and loses those that are no UTF-8$/],
  "no_close.py": ["half-close", /^never closes/],
  "one_client.py": ["together", /^serves one client at a time$/],
  "leaks.py": ["fifty", /^sends one client's messages to another$/],
  "dies_on_reset.py": ["reset", /^ends when a client resets its connection/],
};

interface Report {
  passed: number;
  failed: number;
  cases: { id: string; status: string; diagnosis: string | null }[];
}

async function check(port: number, ...options: string[]): Promise<[number, Report, string]> {
  const args = ["check", "::1", `${port}`, "--json", ...options];
  const { code, out, err } = await runProgram(args);
  return [code, JSON.parse(out), err];
}

const hasAll = hasTool("python3") && hasTool("node");

Deno.test({
  name: "check: each server of the zoo fails for its mistake and nothing else" +
    (hasAll ? "" : " (skipped: python3 or node is missing)"),
  ignore: !hasAll,
  async fn() {
    const seen = await Promise.all(
      Object.keys(MISTAKES).map(async (file) => {
        await using beast = await startBeast(file);
        const [code, { cases }] = await check(beast.port, "--plain");
        return { code, wrong: cases.filter(({ status }) => status === "failed") };
      }),
    );
    for (const [index, [file, mistake]] of Object.entries(MISTAKES).entries()) {
      const { code, wrong } = seen[index]!;
      const ids = wrong.map(({ id }) => id);
      assertEquals([file, code, ...ids], mistake === null ? [file, 0] : [file, 6, mistake[0]]);
      if (mistake !== null) assertMatch(`${wrong[0]!.diagnosis}`, mistake[1]);
    }
  },
});

/** Cases that tell whether a way to serve is as good as the others. */
const SOME = ["hello", "burst", "half-close", "fifty", "reset"].flatMap((id) => ["--only", id]);

/** How our own server is started, how it is checked, and the cases that say nothing then. */
const OURS: [server: string[], options: string[], skipped: string[]][] = [
  [[], [], []],
  [[], ["--dialect", "frames"], ["no-line-end"]],
  [["--plain", "--dialect", "lines"], ["--plain", "--dialect", "lines", ...SOME], []],
  [["--plain", "--workers", "2"], ["--plain", ...SOME], []],
  [["--plain"], ["--plain", "--dialect", "websocket"], ["no-line-end"]],
];

Deno.test("check: our own server passes, in each dialect, with and without TLS", async () => {
  const seen = await Promise.all(OURS.map(async ([server, options]) => {
    await using echo = await startServer(...server);
    const [code, { cases }, err] = await check(echo.port, ...options);
    const ids = (wanted: string) =>
      cases.filter(({ status }) => status === wanted).map(({ id }) => id);
    return [code, err, ids("failed"), ids("skipped")];
  }));
  assertEquals(seen, OURS.map(([, , skipped]) => [0, "", [], skipped]));
});

Deno.test({
  name: "check: socat passes" + (hasTool("socat") ? "" : " (skipped: socat is missing)"),
  ignore: !hasTool("socat"),
  async fn() {
    const port = freePort();
    const args = [`TCP6-LISTEN:${port},bind=[::1],reuseaddr,fork`, "EXEC:cat"];
    const child = new Deno.Command("socat", { args, stdout: "null", stderr: "null" }).spawn();
    while (!await answers(port)) await new Promise((resolve) => setTimeout(resolve, 10));
    const [code, { cases }] = await check(port, "--plain");
    assertEquals([code, cases.filter(({ status }) => status === "failed")], [0, []]);
    child.kill();
    await child.status;
  },
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  return listener.addr.port;
}

async function answers(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "::1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("check: the table, --only, --list, and the files for graders", async () => {
  await using echo = await startServer("--plain");
  const directory = await Deno.makeTempDir();
  const [junit, gradescope] = [`${directory}/a.xml`, `${directory}/results.json`];
  const only = ["--only", "hello", "--only", "half-close"];
  const files = ["--junit", junit, "--gradescope", gradescope];
  const args = ["check", "::1", `${echo.port}`, "--plain", ...only, ...files];
  const { code, out, err } = await runProgram(args);
  assertEquals([code, err], [0, ""]);
  assertMatch(
    out,
    /^ok {6}hello {12}a line comes back\nok {6}half-close .*\n2 passed, 0 failed, 0 skipped, in /,
  );
  assertMatch(
    await Deno.readTextFile(junit),
    /<testsuite name="echo check ::1 port \d+" tests="2"/,
  );
  assertEquals(JSON.parse(await Deno.readTextFile(gradescope)).tests.length, 2);
  await Deno.remove(directory, { recursive: true });
  const tap = await runProgram(["check", "::1", `${echo.port}`, "--plain", ...only, "--tap"]);
  assertEquals(tap.out.split("\n").slice(0, 3), [
    "TAP version 13",
    "1..2",
    "ok 1 - hello: a line comes back",
  ]);
  const list = await runProgram(["check", "--list"]);
  assertEquals(list.code, 0);
  assert(list.out.split("\n").length >= 22);
});

Deno.test("check: a server that is not there, a time that is over, and wrong usage", async () => {
  const closed = freePort();
  const gone = await runProgram(["check", "::1", `${closed}`, "--plain"]);
  assertEquals(gone.code, 3);
  assertMatch(gone.err, /^echo: cannot check ::1 port \d+: .*connection refused/);
  await using echo = await startServer("--plain");
  const [code, { cases }] = await check(echo.port, "--plain", "--timeout", "1ms");
  assertEquals([code, cases.every(({ status }) => status === "skipped")], [6, true]);
  const wrong = await runProgram(["check", "::1", "1", "--only", "helo"]);
  assertEquals([wrong.code, wrong.err.split("\n")[0]], [
    2,
    'echo: cannot use --only "helo": there is no such case; did you mean hello?',
  ]);
});

Deno.test({
  name: "check: in a terminal the words have colors, without NO_COLOR" +
    (hasTmux ? "" : " (skipped: tmux is missing)"),
  ignore: !hasTmux,
  async fn() {
    await using echo = await startServer("--plain");
    const args = ["check", "::1", `${echo.port}`, "--plain", "--only", "hello"];
    for (
      const [env, isColored] of [[{ NO_COLOR: "" }, true], [{ NO_COLOR: "1" }, false]] as const
    ) {
      await using terminal = await Terminal.open(args, { env });
      await terminal.until((screen) => screen.includes("exit code 0"));
      const screen = await terminal.coloredScreen();
      assertEquals([env, screen.includes("\x1b[32mok"), screen.includes("ok ")], [
        env,
        isColored,
        true,
      ]);
    }
  },
});
