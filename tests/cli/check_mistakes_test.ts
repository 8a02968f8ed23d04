/** `echo check` on wrong answers to the assignments: each fails for its mistake, and nothing else. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import {
  ANSWERS,
  checkPrograms as check,
  COMMANDS,
  idsOf,
  programTest,
} from "../support/check_programs.ts";
import { runProgram } from "../support/echo.ts";
import { fewAtATime } from "../support/pool.ts";

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
