/** `echo check 000` to `004`: right programs get all points, wrong ones fail for their mistake. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { commandFor, runProgram } from "../support/echo.ts";
import { hasTool } from "../support/tools.ts";

const ANSWERS = new URL("../zoo/answers/", import.meta.url).pathname;

/** How the programs of each assignment are started. */
const COMMANDS: Record<string, { server: string; client: string }> = {
  "000": { server: "server.py {host} {port}", client: "client.py {host} {port}" },
  "001": { server: "server.py {port}", client: "client.py {message} {port}" },
  "002": { server: "server.py {port}", client: "client.py {host} {port}" },
  "003": { server: "server.py {host} {port}", client: "client.py {host} {port} {message}" },
  "004": { server: "echoserver.py {port} {options}", client: "echoclient.py {host} {port}" },
};

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

interface Report {
  score: number;
  maxScore: number;
  cases: {
    id: string;
    status: string;
    saw: string;
    diagnosis: string | null;
    judged: string;
    isConsequence: boolean;
  }[];
}

/** Programs that are checked: commands, or their part after `python3`. */
interface Programs {
  server?: string;
  client?: string;
}

async function check(
  assignment: string,
  { server, client }: Programs,
  ...options: string[]
): Promise<[number, Report, string]> {
  // In the working directory 000 keeps its log, and other checks run at the same time.
  const directory = await Deno.makeTempDir();
  const python = (command: string) =>
    /^[^/{ ]\S*\.py/.test(command) ? `python3 ${ANSWERS}${assignment}/${command}` : command;
  const sides = [
    ...(server === undefined ? [] : ["--server", python(server)]),
    ...(client === undefined ? [] : ["--client", python(client)]),
  ];
  const args = ["check", assignment, "--dir", directory, ...sides, "--json", ...options];
  const { code, out, err } = await runProgram(args);
  await Deno.remove(directory, { recursive: true });
  return [code, JSON.parse(out), err];
}

/** Those that failed with what was seen, so that a test that fails says what it was. */
function failuresIn({ cases }: Report): string[] {
  return cases.filter(({ status }) => status === "failed").map(({ id, saw }) => `${id}: ${saw}`);
}

function idsOf({ cases }: Report, status: string): string[] {
  return cases.filter((it) => it.status === status).map(({ id }) => id);
}

const canRun = Deno.build.os === "linux" && hasTool("python3");
const why = canRun ? "" : " (skipped: it needs Linux and python3)";

function programTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `check: ${name}${why}`, ignore: !canRun, fn });
}

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
  await Promise.all(
    Object.entries(OURS).map(async ([assignment, [server, client]]) => {
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

/** All cases take minutes; the tests of the source try those that fail, and a few others. */
const OTHERS = Deno.env.has("ECHO_COMMAND")
  ? null
  : ["echo", "received", "start-line", "connected"];

programTest("each wrong answer fails for its mistake, and nothing else", async () => {
  const files = [...Deno.readDirSync(`${ANSWERS}wrong`)].map(({ name }) => name.replace(".py", ""));
  const names = files.toSorted().filter((it) => !it.startsWith("000_plain_"));
  assertEquals(names, Object.keys(MISTAKES));
  const next = async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) await tryOne(name);
  };
  await Promise.all([next(), next(), next(), next()]);

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

programTest("a port that stands in the programs is found, also in use a moment ago", async () => {
  const some = ["start-line", "echo", "multiples", "stop-line"].flatMap((id) => ["--only", id]);
  const fixed = { server: "server.py 28888", client: "client.py {message} 28888" };
  const [code, report] = await check("001", fixed, ...some);
  assertEquals([code, idsOf(report, "passed").length], [0, 4]);
});

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

/** What becomes of hostile servers. Some need more time than the case has, on a busy machine. */
const HOSTILE: Record<string, [mistake: RegExp, seen: RegExp]> = {
  "forks": [/^does not print/, /listening/],
  "setsid": [/^does not print/, /listening/],
  "never_ends": [/^does not print/, /listening/],
  "floods": [/^(does not print|prints more than 64 MiB)/, /flood|ended/],
  "writes_1gb": [/^does not print/, /File too large|listening/],
  "fork_bomb": [/^starts more than 200 processes$/, /ended/],
  "memory": [/^(does not print|takes more than 2 GiB of memory$)/, /ended|listening|nothing/],
};

programTest("nothing is left of a hostile program", async () => {
  await Promise.all(
    Object.entries(HOSTILE).map(async ([name, [mistake, seen]]) => {
      const directory = await Deno.makeTempDir();
      const server = `../hostile/${name}.py {port}`;
      const only = ["--dir", directory, "--only", "address"];
      const [code, { cases }] = await check("002", { server }, ...only);
      assertEquals(code, 6);
      assertMatch(`${cases[0]!.diagnosis}`, mistake);
      assertMatch(cases[0]!.saw, seen);
      assertEquals(await processesWith(`hostile/${name}.py`), []);
      let size = 0;
      for await (const file of Deno.readDir(directory)) {
        size += (await Deno.stat(`${directory}/${file.name}`)).size;
      }
      assert(size <= 64 * 1024 * 1024);
      await Deno.remove(directory, { recursive: true });
    }),
  );
});

programTest("what a program leaves behind is ended, and a line says so", async () => {
  const client = "../hostile/leaves.py";
  const [code, _report, err] = await check("002", { client }, "--only", "no-server");
  assertEquals([code, err], [0, "echo: ended 1 process that the programs had left behind"]);
});

/** The processes whose command line has a text. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.includes(text) && !line.includes("check\0")) found.push(line);
  }
  return found;
}

programTest("Ctrl-C ends the programs too", async () => {
  const { Program } = await import("../support/echo.ts");
  const server = `python3 ${ANSWERS}hostile/never_ends.py {port}`;
  const args = ["check", "002", "--server", server, "--only", "address"];
  await using program = new Program(args);
  await program.out.find(/^client: our own$/);
  while ((await processesWith("hostile/never_ends.py")).length === 0) await tick();
  program.signal("SIGINT");
  assertEquals(await program.code, 0);
  assertEquals(await processesWith("hostile/never_ends.py"), []);
});

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

programTest("a program that is not there, points, and wrong usage", async () => {
  const gone = await runProgram(["check", "001", "--server", "./nothing {port}"]);
  assertEquals(gone.code, 1);
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
