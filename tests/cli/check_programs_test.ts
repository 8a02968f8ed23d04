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
import { hasTool } from "../support/tools.ts";

/** All of it takes minutes: that is for the compiled program, whose tests are fewer. */
const HAS_TIME = Deno.env.has("ECHO_COMMAND");

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

programTest("one of two programs is checked beside ours, and ours gets no points", async () => {
  const one = async (assignment: string, role: "server" | "client") => {
    const [code, report] = await check(assignment, { [role]: COMMANDS[assignment]![role] });
    const about = ({ saw }: { saw: string }) => /^it is about the \w+, which is our own/.test(saw);
    const others = report.cases.filter((it) => it.status === "skipped" && about(it)).length;
    return [assignment, role, code, failuresIn(report), report.score, report.maxScore, others];
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
      ["002", "server", 0, [], 8, 8, 5],
      ["002", "client", 0, [], 9, 9, 4],
      ["004", "server", 0, [], 9, 9, 2],
      ["003", "client", 0, [], 2, 2, 5],
      ["000", "server", 0, [], 3, 3, 5],
    ],
  );
});

/** Right programs with unusual choices: the command of each, and some cases. */
const ODD: [assignment: string, programs: Record<string, string>, only: string[]][] = [
  ["001", { server: "../odd/001_server.py {port}" }, ["start-line", "echo-line", "stop-line"]],
  ["001", { server: `${ANSWERS}odd/001_start.sh {port}` }, ["stop-line", "stop-quietly"]],
  ["002", { client: `node ${ANSWERS}odd/002_client.mjs` }, ["sent", "log"]],
  ["002", { server: `node ${ANSWERS}odd/002_server.mjs {port}` }, ["received", "server-ends"]],
  ["003", { server: "../odd/003_server.py" }, ["connected", "exact", "buffer", "server-closes"]],
  ["003", { server: "../odd/003_server.py", client: "../odd/003_client.py" }, ["echo"]],
  ["004", { server: "../odd/004_server.py {port} {options}" }, [
    "connection",
    "several",
    "broadcast",
  ]],
  ["004", {
    server: `sh -c 'cd ${ANSWERS}004 && exec python3 echoserver.py "$@"' sh {port} {options}`,
  }, ["broadcast", "server-usage"]],
];

programTest("right programs with unusual choices pass", async () => {
  for (const [assignment, programs, only] of ODD) { // two have the same port
    const [, report] = await check(assignment, {
      ...COMMANDS[assignment]!,
      ...programs,
    }, ...only.flatMap((id) => ["--only", id]));
    assertEquals([programs, failuresIn(report), idsOf(report, "passed")], [programs, [], only]);
  }
});

programTest("a client that does not connect gets no points from our server", async () => {
  const client = "../odd/001_fake_client.py {message}";
  const [code, report] = await check("001", { client }, "--only", "echo");
  const { judged, diagnosis } = report.cases[0]!;
  assertEquals([code, judged, diagnosis], [6, "client", "does not send the message"]);
});

programTest("what was not tried when the time is over costs its points", async () => {
  const [code, report] = await check("002", COMMANDS["002"]!, "--timeout", "1s");
  assertEquals([code, report.maxScore], [6, 13]);
  assert(report.score < 13);
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
  assertMatch(out, /\n6 passed, 0 failed, 1 skipped, in .* s\n6 of 6 points$/);
  const wrong: [args: string[], err: RegExp][] = [
    [["001"], /^echo: cannot check 001: there is no program; give --server COMMAND, --client/],
    [["001", "--server", "a 'b"], /^echo: cannot use --server "a 'b": a quote is not closed/],
    [["::1", "7", "--server", "a"], /^echo: cannot use --server: it is for an assignment; as in/],
    [
      ["001", "--server", "a", "--dir", "/no/such"],
      /^echo: cannot use --dir "\/no\/such": no such/,
    ],
    [["001", "--server", "a", "--dir", "/etc/passwd"], /^echo: cannot use .*: it is no directory/],
    [
      ["001", "--server", "a {prot}"],
      /^echo: cannot use --server "a {prot}": there is no {prot}, only/,
    ],
    [
      ["005", "--server", "a"],
      /^echo: cannot check 005: there is no such assignment; they are 000,/,
    ],
    [["::1", "7", "--json", "--tap"], /^echo: cannot use --json with --tap: both print/],
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
