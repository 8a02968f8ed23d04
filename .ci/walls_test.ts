import { assertEquals } from "../tests/support/assert.ts";
import plugin from "./lint.ts";
import { lintMessages } from "./lint_messages.ts";

const RULE = "walls";

/** Returns the messages of `echo/walls` for a file. The path is relative to the root, or absolute. */
function lint(path: string, source: string): string[] {
  return lintMessages(plugin, RULE, path, source);
}

/** Returns the import specifier from one file to another. */
function importPath(from: string, to: string): string {
  return (from.includes("/") ? "../".repeat(from.split("/").length - 1) : "./") + to;
}

const ONE_WAY = "(docs/architecture.md: imports run one way)";
const IN_FULL = "name members of Deno in full, as in Deno.exit";

// v: may import, t: types only, -: nothing.
const MATRIX = `
             failure std text wire net certs server admin client check bench console log cli npm
main.ts      -       -   -    -    -   -     -      -     -      -     -     -       -   -   -
failure      v       -   -    -    -   -     -      -     -      -     -     -       -   -   -
std          -       v   -    -    -   -     -      -     -      -     -     -       -   -   v
text         -       v   v    -    -   -     -      -     -      -     -     -       -   -   v
wire         v       v   -    v    -   -     -      -     -      -     -     -       -   -   v
net          v       v   v    -    v   -     -      -     -      -     -     -       -   -   v
certs        v       v   v    -    -   v     -      -     -      -     -     -       -   -   v
server       v       v   v    v    t   -     v      -     -      -     -     -       -   -   v
admin        v       v   -    v    t   -     v      v     -      -     -     -       -   -   v
client       v       v   v    v    t   -     -      -     v      -     -     -       -   -   v
check        v       v   v    v    t   -     -      -     v      v     -     -       -   -   v
bench        v       v   -    v    t   -     -      -     -      -     v     -       -   -   v
console      v       v   v    -    -   -     t      t     t      t     -     v       -   -   v
log          v       v   v    -    -   -     t      -     t      -     -     -       v   -   v
cli          v       v   v    v    v   v     v      v     v      v     v     v       v   v   v
`;

/** Returns the part as the messages name it, and a file of the part. */
function sample(word: string): { part: string; file: string } {
  if (word === "main.ts") return { part: word, file: word };
  if (word === "npm") return { part: "npm:fast-check", file: "npm:fast-check" };
  if (word === "failure" || word === "std") {
    return { part: `lib/${word}.ts`, file: `lib/${word}.ts` };
  }
  return { part: `lib/${word}`, file: `lib/${word}/file.ts` };
}

Deno.test("imports run one way between every pair of parts", async (t) => {
  const [columns = [], ...rows] = MATRIX.trim().split("\n").map((line) => line.trim().split(/ +/));
  for (const [row = "", ...marks] of rows) {
    await t.step(row, () => {
      const from = sample(row);
      for (const [i, column] of columns.entries()) {
        const to = sample(column);
        const specifier = column === "npm" ? to.file : importPath(from.file, to.file);
        const refused = `${from.part} may not import ${to.part} ${ONE_WAY}`;
        const [value, type] = {
          "v": [[], []],
          "t": [[`${from.part} may import only types of ${to.part} ${ONE_WAY}`], []],
          "-": [[refused], [refused]],
        }[marks[i] ?? ""] ?? [];
        const context = `${row} imports ${column}`;
        assertEquals(lint(from.file, `import { a } from "${specifier}";`), value, context);
        assertEquals(lint(from.file, `import type { A } from "${specifier}";`), type, context);
      }
    });
  }
});

Deno.test("only the listed files may use a restricted name", async (t) => {
  const everywhere = [
    "main.ts",
    "lib/std.ts",
    "lib/wire/reader.ts",
    "lib/net/listen.ts",
    "lib/net/libc.ts",
    "lib/certs/pem.ts",
    "lib/certs/store.ts",
    "lib/server/server.ts",
    "lib/server/history.ts",
    "lib/client/client.ts",
    "lib/bench/load.ts",
    "lib/console/style.ts",
    "lib/console/screen.ts",
    "lib/console/keyboard.ts",
    "lib/log/log.ts",
    "lib/log/file.ts",
    "lib/cli/server.ts",
    "lib/cli/bench.ts",
  ];
  const net = { where: ["lib/net/listen.ts", "lib/net/libc.ts"], named: "lib/net/" };
  const cli = { where: ["lib/cli/server.ts", "lib/cli/bench.ts"], named: "lib/cli/" };
  const files = {
    where: ["lib/log/file.ts", "lib/log/rotate.ts", "lib/certs/store.ts", "lib/server/history.ts"],
  };
  const uses: { names: string; where: string[]; named?: string }[] = [
    { names: "Deno.exit Deno.exitCode", where: ["main.ts"] },
    { names: "Deno.env Deno.addSignalListener Deno.removeSignalListener", ...cli },
    { names: "console Deno.stdout Deno.stderr", where: ["lib/console/screen.ts"] },
    { names: "Deno.stdin", where: ["lib/console/keyboard.ts"] },
    { names: "Deno.dlopen", where: ["lib/net/libc.ts"] },
    { names: "Deno.telemetry", where: ["lib/log/telemetry.ts"] },
    { names: "Deno.listen Deno.listenTls Deno.listenDatagram Deno.serve", ...net },
    { names: "Deno.connect Deno.connectTls Deno.startTls Deno.resolveDns", ...net },
    {
      names: "Deno.writeFile Deno.writeFileSync Deno.open Deno.create",
      ...files,
    },
    { names: "Deno.openSync Deno.mkdirSync Deno.mkdir Deno.rename Deno.copyFile", ...files },
    {
      names: "Deno.chmod Deno.remove Deno.removeSync Deno.truncate Deno.symlink Deno.link",
      ...files,
    },
    {
      names: "Deno.writeTextFile",
      where: ["lib/cli/bench.ts", "lib/certs/store.ts"],
      named: "lib/cli/bench.ts, lib/cli/check.ts, lib/certs/store.ts",
    },
    { names: "Deno.makeTempFile Deno.makeTempDir Deno.makeTempDirSync", ...files },
    // Every file may use these: they only read.
    { names: "Deno.readTextFile Deno.errors Deno.hostname", where: everywhere },
  ];
  for (const { names, where, named = where.join(", ") } of uses) {
    for (const name of names.split(" ")) {
      await t.step(name, () => {
        for (const file of everywhere) {
          const expected = where.includes(file) ? [] : [`${name} belongs in ${named} only`];
          assertEquals(lint(file, `${name}.log;`), expected, file);
        }
      });
    }
  }
});

const NOT_NET = `lib/wire may not import lib/net ${ONE_WAY}`;
const ONLY_TYPES = `lib/server may import only types of lib/net ${ONE_WAY}`;
const NOT_TESTS = `lib/cli may not import tests/support/echo.ts ${ONE_WAY}`;

/** A file, its source and the expected messages. */
type Case = [file: string, source: string, ...messages: string[]];

function testCases(name: string, cases: Case[]): void {
  Deno.test(name, async (t) => {
    for (const [file, source, ...messages] of cases) {
      await t.step(`${file}: ${source}`, () => assertEquals(lint(file, source), messages));
    }
  });
}

testCases("every form of import is checked", [
  ["lib/wire/a.ts", `import { a } from "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `import a from "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `import * as a from "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `import "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `export { a } from "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `export * from "../net/a.ts";`, NOT_NET],
  ["lib/wire/a.ts", `await import("../net/a.ts");`, NOT_NET],
  ["lib/wire/a.ts", `let a: import("../net/a.ts").A;`, NOT_NET],
  ["lib/wire/a.ts", `import { a } from "./../../lib/net/deep/a.ts";`, NOT_NET],
  [
    "lib/wire/a.ts",
    `import { a } from "../net/a.ts"; export * from "../net/b.ts";`,
    NOT_NET,
    NOT_NET,
  ],
  ["lib/wire/deep/a.ts", `import { a } from "../a.ts"; import { b } from "../../failure.ts";`],
  ["lib/wire/a.ts", `export { a }; export const b = 1; const a = "../net/a.ts";`],
]);

testCases("a type-only import passes in every form, an import that runs the module fails", [
  ["lib/server/a.ts", `import type { A } from "../net/conn.ts";`],
  ["lib/server/a.ts", `import type A from "../net/conn.ts";`],
  ["lib/server/a.ts", `import { type A, type B } from "../net/conn.ts";`],
  ["lib/server/a.ts", `export type { A } from "../net/conn.ts";`],
  ["lib/server/a.ts", `export { type A } from "../net/conn.ts";`],
  ["lib/server/a.ts", `export type * from "../net/conn.ts";`],
  ["lib/server/a.ts", `let a: import("../net/conn.ts").A;`],
  ["lib/server/a.ts", `import { type A, b } from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `import a, { type B } from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `import "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `import {} from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `export { type A, b } from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `export {} from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `export * from "../net/conn.ts";`, ONLY_TYPES],
  ["lib/server/a.ts", `await import("../net/conn.ts");`, ONLY_TYPES],
]);

testCases("main.ts, tests, packages and unknown parts have rules too", [
  ["main.ts", `import "./lib/cli/command.ts"; import "./lib/cli/exit.ts";`],
  ["main.ts", `import "./lib/cli/server.ts";`, `main.ts may not import lib/cli ${ONE_WAY}`],
  ["lib/cli/a.ts", `import "../../main.ts";`, `lib/cli may not import main.ts ${ONE_WAY}`],
  ["lib/cli/a.ts", `import { a } from "../../tests/support/echo.ts";`, NOT_TESTS],
  ["lib/cli/a.ts", `import config from "../../deno.json" with { type: "json" };`],
  [
    "lib/failure.ts",
    `import { a } from "node:util";`,
    `lib/failure.ts may not import node:util ${ONE_WAY}`,
  ],
  ["lib/rules/a.ts", `import { a } from "../net/a.ts";`, "lib/rules needs a row in .ci/walls.ts"],
  ["lib/rules.ts", "", "lib/rules.ts needs a row in .ci/walls.ts"],
]);

testCases("Node modules that replace a restricted part of Deno are restricted too", [
  ["lib/console/keyboard.ts", `import { a } from "node:readline"; import b from "node:process";`],
  [
    "lib/cli/prompt.ts",
    `import "node:readline";`,
    "node:readline belongs in lib/console/keyboard.ts only",
  ],
  [
    "lib/cli/prompt.ts",
    `import { a } from "node:readline/promises";`,
    "node:readline/promises belongs in lib/console/keyboard.ts only",
  ],
  [
    "lib/cli/exit.ts",
    `await import("node:process");`,
    "node:process belongs in lib/console/keyboard.ts, lib/cli/bench.ts, lib/cli/admin.ts only",
  ],
  [
    "lib/net/fetch_certificate.ts",
    `import "node:tls"; import "node:net"; import "node:dgram"; import "node:dns";`,
  ],
  ["lib/cli/cert.ts", `import { a } from "node:tls";`, "node:tls belongs in lib/net/ only"],
  ["lib/cli/cert.ts", `import { a } from "node:net";`, "node:net belongs in lib/net/ only"],
  ["lib/cli/cert.ts", `import { a } from "node:dgram";`, "node:dgram belongs in lib/net/ only"],
  ["lib/cli/cert.ts", `import { a } from "node:dns";`, "node:dns belongs in lib/net/ only"],
  ["lib/cli/cert.ts", `import type { A } from "node:tls";`],
  ["lib/log/file.ts", `import "node:fs/promises";`],
  ["lib/console/screen.ts", `import { fstatSync } from "node:fs";`],
  [
    "lib/certs/pem.ts",
    `import { a } from "node:fs/promises";`,
    "node:fs/promises belongs in lib/log/file.ts, lib/log/rotate.ts, lib/certs/store.ts, lib/server/history.ts only",
  ],
  [
    "lib/log/log.ts",
    `import { a } from "node:fs";`,
    "node:fs belongs in lib/console/screen.ts only",
  ],
]);

testCases("every form of access to Deno is checked", [
  ["lib/cli/a.ts", `Deno["exit"](1);`, "Deno.exit belongs in main.ts only"],
  ["lib/cli/a.ts", `Deno?.exit(1);`, "Deno.exit belongs in main.ts only"],
  ["lib/cli/a.ts", `const exit = Deno.exit;`, "Deno.exit belongs in main.ts only"],
  ["lib/cli/a.ts", `Deno[name];`, IN_FULL],
  ["lib/cli/a.ts", "Deno[`exit`](1);", IN_FULL],
  ["lib/cli/a.ts", `globalThis.Deno.exit(1);`, IN_FULL],
  ["lib/cli/a.ts", `const { exit } = Deno;`, IN_FULL],
  ["lib/cli/a.ts", `const alias = Deno;`, IN_FULL],
  ["lib/cli/a.ts", `function f(alias = Deno) {}`, IN_FULL],
  ["lib/cli/a.ts", `(Deno as Loose).exit(1);`, IN_FULL],
  ["main.ts", `const { exit } = Deno;`, IN_FULL],
  ["lib/server/a.ts", `let a: Deno.Conn; let b: typeof Deno.exit; let c: typeof Deno;`],
  ["lib/server/a.ts", `const stdout = sinks.console; sinks.console.stdout; // Deno.exit()`],
]);

testCases("pure parts may not name Deno", [
  ["lib/text/a.ts", `Deno.readTextFile("a");`, "lib/text is pure: it does without Deno"],
  ["lib/text/a.ts", `let a: Deno.Conn;`, "lib/text is pure: it does without Deno"],
  ["lib/failure.ts", `Deno.errors.NotFound;`, "lib/failure.ts is pure: it does without Deno"],
  ["lib/text/a.ts", `console.log();`, "console belongs in lib/console/screen.ts only"],
]);

Deno.test("tests, tools and examples have no walls", () => {
  const anything = `import "../main.ts"; Deno.exit(); console.log(Deno);`;
  for (const folder of ["tests/net", "tests/lib", ".ci", "examples", "bench"]) {
    assertEquals(lint(`${folder}/a.ts`, anything), [], folder);
  }
});

Deno.test("the checkout may be in a folder of any name", async () => {
  const above = await Deno.makeTempDir();
  try {
    const root = `${above}/lib/tests/my echo`;
    await Deno.mkdir(`${root}/.ci`, { recursive: true });
    for (const file of ["lint.ts", "walls.ts", "words.ts", "length.ts", "race.ts", "paths.ts"]) {
      await Deno.copyFile(new URL(file, import.meta.url), `${root}/.ci/${file}`);
    }
    const url = new URL(`file://${root}/.ci/lint.ts`);
    const { default: copy } = await import(url.href) as { default: Deno.lint.Plugin };
    const lintCopy = (path: string, source: string) =>
      lintMessages(copy, RULE, `${root}/${path}`, source);

    assertEquals(lintCopy("lib/cli/a.ts", "Deno.exit();"), ["Deno.exit belongs in main.ts only"]);
    assertEquals(lintCopy("main.ts", "Deno.exit();"), []);
    assertEquals(lintCopy("main.ts", `import "./lib/net/a.ts";`).length, 1);
    assertEquals(lintCopy("tests/lib/a.ts", "Deno.exit();"), []);
    assertEquals(lintCopy("examples/main.ts", "Deno.exit();"), []);
  } finally {
    await Deno.remove(above, { recursive: true });
  }
});
