/** `echo check 000` to `004`: right programs get all points, wrong ones fail for their mistake. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import {
  ANSWERS,
  checkPrograms as check,
  COMMANDS,
  failuresIn,
  idsOf,
  programTest,
} from "../support/check_programs.ts";
import { commandFor, runProgram } from "../support/echo.ts";
import { fewAtATime } from "../support/pool.ts";
import { hasTool } from "../support/tools.ts";

/** All of it takes minutes: that is for the compiled program, whose tests are fewer. */
const HAS_TIME = Deno.env.has("ECHO_COMMAND");

/** The cases that fail for each wrong program, and the first mistake that is named. */
const MISTAKES: Record<string, [ids: string[], mistake: RegExp]> = {
  "000_no_log_server": [["log"], /^server writes no log of messages$/],
  "000_one_client_server": [["next-client"], /^server serves no other client after one that is/],
  "000_traceback_client": [["no-server"], /^client prints the trace of an error when there is no/],
  "001_ascii_server": [["unicode"], /^server does not send back "Grüße, 世界 👋" as it was$/],
  "001_multiple_server": [["multiples"], /^server waits for more after a message of 16 bytes/],
  "001_silent_server": [["echo-line"], /^server does not print a line such as .*Echoed: /],
  "001_traceback_server": [["stop-quietly"], /^server prints the trace of an error at Ctrl-C$/],
  "002_merged_server": [["long"], /^server does not print a message of 5000 characters$/],
  "002_no_address_server": [
    ["address"],
    /^server does not print a line such as .*server is at addr/,
  ],
  "002_no_log_client": [["log"], /^client does not print all messages of the log$/],
  "002_stays_server": [["server-ends"], /^server does not end after "quit"$/],
  "003_no_close_server": [["server-closes"], /^server never closes: it must close when its read/],
  "003_traceback_server": [["port-in-use"], /^server prints the trace of an error when its port/],
  "003_upper_server": [["exact"], /^server changes letters to upper case$/],
  "004_late_client": [["broadcast"], /^client shows what comes only after its next input/],
  "004_no_broadcast_server": [["broadcast"], /^server does not send a message to all clients with/],
  "004_no_usage_server": [
    ["server-usage"],
    /^server prints the trace of an error without arguments/,
  ],
  "004_one_by_one_server": [["several"], /^server serves one client at a time: it must use a/],
};

programTest("the right answers get all points", async () => {
  await Promise.all(
    Object.entries(COMMANDS).map(async ([assignment, commands]) => {
      const [code, report, err] = await check(assignment, commands);
      assertEquals([assignment, code, err, failuresIn(report)], [assignment, 0, "", []]);
      assertEquals(report.score, report.maxScore);
      assert(report.score >= 7);
    }),
  );
});

programTest("one of two programs is checked beside ours; of 000 what can be judged", async () => {
  const one = async (assignment: string, role: "server" | "client") => {
    const [code, report] = await check(assignment, { [role]: COMMANDS[assignment]![role] });
    const skipped = idsOf(report, "skipped").length;
    return [assignment, role, code, failuresIn(report), skipped];
  };
  assertEquals(
    await Promise.all([
      one("002", "server"),
      one("002", "client"),
      one("004", "server"),
      one("003", "client"),
      one("000", "server"),
    ]),
    [
      ["002", "server", 0, [], 0],
      ["002", "client", 0, [], 0],
      ["004", "server", 0, [], 0],
      ["003", "client", 0, [], 0],
      ["000", "server", 0, [], 8],
    ],
  );
});

/** Our own programs, as README starts them for each assignment. */
const OURS: Record<string, [server: string, client: string]> = {
  "000": ["{host} {port}", "{host} {port}"],
  "001": ["{port} --style banner -b", "localhost {port} {message} --style banner"],
  "002": ["{port} --once", "localhost {port}"],
  "003": ["{host} {port} --style python --buffer 1k", "{host} {port} {message} --style python"],
  "004": ["{port} {options} --style plus", "{host} {port} --style plus"],
};

programTest("our own programs pass", async () => {
  const some = Object.entries(OURS).filter(([assignment]) => HAS_TIME || /[024]$/.test(assignment));
  await Promise.all(
    some.map(async ([assignment, [server, client]]) => {
      // Cases that look into the programs without their client speak no TLS.
      const plain = assignment === "000" ? "" : " --plain";
      const lines = assignment === "002" ? " --dialect lines" : "";
      const log = assignment === "000" ? "" : " --no-log";
      const own = (name: string, args: string) =>
        [...commandFor(name), name, ...args.split(" ")].join(" ");
      const directory = await Deno.makeTempDir();
      const [code, report, err] = await check(
        assignment,
        {
          server: own("server", `${server}${plain}${lines}${log}`),
          client: own("client", `${client}${plain}${lines}${assignment === "004" ? " -b" : ""}`),
        },
        "--dir",
        directory,
      );
      assertEquals([assignment, code, err, failuresIn(report)], [assignment, 0, "", []]);
      const isCompiled = Deno.env.has("ECHO_COMMAND"); // no source is beside it then
      assertEquals(
        idsOf(report, "skipped"),
        assignment === "000" && isCompiled ? ["socketlib"] : [],
      );
      await Deno.remove(directory, { recursive: true });
    }),
  );
});

/** The cases that wrong answers pass are tried in full where there is time. */
const OTHERS = HAS_TIME ? null : ["echo", "received", "start-line", "connected"];

programTest("each wrong answer fails for its mistake, and nothing else", async () => {
  const files = [...Deno.readDirSync(`${ANSWERS}wrong`)].map(({ name }) => name.replace(".py", ""));
  const names = files.toSorted().filter((it) => !it.startsWith("000_plain_"));
  assertEquals(names, Object.keys(MISTAKES));
  await fewAtATime(names, tryOne);

  async function tryOne(name: string): Promise<void> {
    const [ids, mistake] = MISTAKES[name]!;
    const [assignment, role] = [name.slice(0, 3), name.split("_").at(-1) as "server" | "client"];
    const args = COMMANDS[assignment]![role].replace(/^\S+/, `../wrong/${name}.py`);
    const sides = { ...COMMANDS[assignment]!, [role]: args };
    const { out } = await runProgram(["check", assignment, "--list"]);
    const isKnown = (id: string) => out.includes(`  ${id} `);
    const some = OTHERS === null ? [] : [...new Set([...ids, ...OTHERS])].filter(isKnown);
    const [code, report] = await check(assignment, sides, ...some.flatMap((id) => ["--only", id]));
    assertEquals([name, code, idsOf(report, "failed")], [name, 6, ids]);
    const first = report.cases.find(({ status }) => status === "failed")!;
    assertMatch(`${first.judged} ${first.diagnosis}`, mistake);
  }
});

programTest("000 without TLS on both sides loses the points of TLS alone", async () => {
  const [code, report] = await check("000", {
    server: "../wrong/000_plain_server.py {host} {port}",
    client: "../wrong/000_plain_client.py {host} {port}",
  });
  // The functions are in the folder of the right answer.
  assertEquals([code, idsOf(report, "failed")], [6, ["server-tls", "client-tls", "socketlib"]]);
  assertEquals(report.score, report.maxScore - 3);
});

programTest("002 asks for a port, which is typed where a command has no place for it", async () => {
  const [code, report] = await check("002", { server: "server.py", client: "client.py" });
  assertEquals([code, report.score], [0, report.maxScore]);
});

programTest(
  "a port that stands in the programs is found, and its server serves all cases",
  async () => {
    const some = ["start-line", "echo", "echo-line", "exact", "unicode"];
    const [code, report, err] = await check("001", {
      server: "../fixed_port/server.py",
      client: "../fixed_port/client.py {message}",
    }, ...some.flatMap((id) => ["--only", id]));
    assertEquals([code, err, idsOf(report, "passed")], [0, "", some]);
  },
);

programTest("--strict wants the lines of the sample to the letter", async () => {
  const [code, report] = await check("001", COMMANDS["001"]!, "--strict");
  assertEquals([code, idsOf(report, "failed")], [0, []]);
  const own = `${commandFor("server").join(" ")} server {port} --plain --no-log`;
  const [other, { cases }] = await check(
    "001",
    { server: own },
    "--strict",
    "--only",
    "start-line",
  );
  assertEquals([other, cases[0]!.judged], [6, "server"]);
});

programTest("programs that are C, Node or Perl are read while they run", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/says.c`, SAYS_C);
  await Deno.writeTextFile(`${directory}/says.mjs`, SAYS_NODE);
  const clients = ["node says.mjs"];
  if (hasTool("gcc")) {
    const args = ["-o", "says", "says.c"];
    assert((await new Deno.Command("gcc", { args, cwd: directory }).output()).success);
    clients.push("./says");
  }
  for (const client of clients) {
    const only = ["--dir", directory, "--only", "status"];
    const [code, report] = await check("002", { client }, ...only);
    assertEquals([client, code, idsOf(report, "passed")], [client, 0, ["status"]]);
  }
  await Deno.remove(directory, { recursive: true });
});

/** Both print a line, without a flush, and stay. */
const SAYS_C = `#include <stdio.h>
int main(void) { printf("connected\\n"); return getchar() == 'x' && getchar(); }
`;
const SAYS_NODE = `console.log("connected"); process.stdin.resume();`;

programTest("a program that is not there, points, and wrong usage", async () => {
  const gone = await runProgram(["check", "001", "--server", "./nothing {port}"]);
  assertEquals(gone.code, 2);
  assertMatch(gone.err, /^echo: cannot run a program: .*nothing.*No such file or directory/);
  const { server } = COMMANDS["003"]!;
  const args = [
    "check",
    "003",
    "--server",
    `python3 ${server}`,
    "--dir",
    `${ANSWERS}003`,
    "--score",
  ];
  const { code, out } = await runProgram(args);
  assertEquals(code, 0);
  assertMatch(out, /^server: python3 server.py .*\nclient: our own\nok {6}connected .*\n/);
  assertMatch(out, /\n7 passed, 0 failed, 0 skipped, in .* s\n7 of 7 points$/);
  const wrong: [args: string[], err: RegExp][] = [
    [["001"], /^echo: cannot check 001: there is no program; give --server COMMAND, --client/],
    [["001", "--server", "a 'b"], /^echo: cannot use --server "a 'b": a quote is not closed/],
    [["::1", "7", "--server", "a"], /^echo: cannot use --server: it is for an assignment; as in/],
    [
      ["001", "--server", "a", "--dir", "/no/such"],
      /^echo: cannot use --dir "\/no\/such": no such/,
    ],
    [["001", "--server", "a", "--dir", "/etc/passwd"], /^echo: cannot use .*: it is no directory/],
    [["001", "--only", "ecko", "--server", "a"], /did you mean echo\?/],
    [["::1", "7", "--suite", "eco"], /^echo: cannot use --suite "eco": there is no such suite/],
  ];
  for (const [args, err] of wrong) {
    const outcome = await runProgram(["check", ...args]);
    assertEquals([args, outcome.code], [args, 2]);
    assertMatch(outcome.err, err);
  }
  const list = await runProgram(["check", "004", "--list"]);
  assertMatch(list.out, /^ {2}start-lines +the server prints its port, /);
});
