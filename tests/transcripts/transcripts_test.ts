import { assert, assertEquals } from "../support/assert.ts";
import { Program } from "../support/echo.ts";

const HERE = new URL(".", import.meta.url);

for (const { name } of [...Deno.readDirSync(HERE)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`transcript: ${name.slice(0, -4)}`, async () => {
    await replay(await Deno.readTextFile(new URL(name, HERE)), name);
  });
}

async function replay(conversation: string, name: string): Promise<void> {
  await using programs = new AsyncDisposableStack();
  const running = new Map<string, Program>();
  const words = new Map<string, string>();
  for (const [index, line] of conversation.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const at = `${name}:${index + 1}`;
    const [, who, sign, rest] = /^(\w+)([$<>!^=]) ?(.*)$/.exec(line) ?? [];
    assert(who !== undefined && sign !== undefined && rest !== undefined, `${at}: what is this?`);
    if (sign === "$") {
      const [echo, ...args] = split(fill(rest, words));
      assertEquals(echo, "echo", at);
      running.set(who, programs.use(new Program(args)));
      continue;
    }
    const program = running.get(who);
    assert(program !== undefined, `${at}: ${who} was not started`);
    if (sign === "<" && rest === "^D") await program.endInput();
    else if (sign === "<") await program.type(fill(rest, words) + "\n");
    else if (sign === "^") program.signal(rest as Deno.Signal);
    else if (sign === "=") await expectEnd(program, Number(rest), at);
    else {
      const line = sign === ">" ? await program.out.next() : await program.err.next();
      const found = line === null ? null : patternOf(rest, words).exec(line);
      const context = `standard error so far: ${program.err.soFar}`;
      assert(found !== null, `${at}: wanted ${fill(rest, words)}\n but got ${line}\n${context}`);
      for (const [word, text] of Object.entries(found.groups ?? {})) words.set(word, text);
    }
  }
}

async function expectEnd(program: Program, code: number, at: string): Promise<void> {
  assertEquals(await program.code, code, `${at}: exit code, after: ${program.err.soFar}`);
  assertEquals(await program.out.next(), null, `${at}: more on standard output`);
  assertEquals(await program.err.next(), null, `${at}: more on standard error`);
}

/** Words at blanks; single quotes keep blanks together. */
function split(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

function fill(text: string, words: Map<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, word) => words.get(word) ?? whole);
}

function patternOf(wanted: string, words: Map<string, string>): RegExp {
  const source = fill(wanted, words).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\\\{\\\*\\\}/g, ".*")
    .replace(/\\\{(\w+)\\\}/g, "(?<$1>.+?)");
  return new RegExp(`^${source}$`);
}
