import { assertEquals } from "../tests/support/assert.ts";
import plugin from "./lint.ts";
import { lintMessages } from "./lint_messages.ts";

const PATH = "lib/client/a.ts";

/** Returns the messages of `echo/words` for a file. */
function lint(source: string, path = PATH): string[] {
  return lintMessages(plugin, "words", path, source);
}

const COMMENT_HINT = "name the client, peer, listener, subscriber or sink";

Deno.test("a comment of any form may not contain a word for an unnamed person", () => {
  for (const word of ["who", "whom", "nobody", "somebody", "everybody", "Who", "WHO"]) {
    const expected = [`a comment contains "${word}": ${COMMENT_HINT}`];
    assertEquals(lint(`// tells ${word} reads`), expected);
    assertEquals(lint(`let a = 1; // ${word}, again`), expected);
    assertEquals(lint(`/* a\n * ${word}. */`), expected);
    assertEquals(lint(`/** ${word} */\nexport const a = 1;`), expected);
    assertEquals(lint(`class A {\n  /** (${word}) */\n  b = 1;\n}`), expected);
  }
});

Deno.test("a comment may contain longer words, and strings are not comments", () => {
  assertEquals(lint("// the whole message, whose bytes are known"), []);
  assertEquals(lint(`const text = "who is there? // nobody";`), []);
  assertEquals(lint("const text = `/* who */`;"), []);
});

Deno.test("each word of a comment is reported at its own place", () => {
  const source = "// café\n/** Who reads,\n * and whom. */";
  const places = Deno.lint.runPlugin(plugin, PATH, source).map(({ range }) =>
    source.slice(...range)
  );
  assertEquals(places, ["Who", "whom"]);
});

Deno.test("a name may not contain a word for a person, speech or debt", () => {
  const speech = "name the mechanism, such as emitted, received or pending";
  const person = COMMENT_HINT;
  for (
    const [name, word, hint] of [
      ["who", "who", person],
      ["toWhom", "whom", person],
      ["NOBODY_READS", "nobody", person],
      ["SomebodyElse", "somebody", person],
      ["everybody2", "everybody", person],
      ["told", "told", speech],
      ["isTold", "told", speech],
      ["said", "said", speech],
      ["lastHeard", "heard", speech],
      ["oweOrNot", "owe", speech],
      ["bytesOwed", "owed", speech],
      ["ONE_WISH", "wish", speech],
      ["HTTPWished", "wished", speech],
    ] as const
  ) {
    assertEquals(lint(`const ${name} = 1;`), [`"${name}" contains "${word}": ${hint}`]);
  }
});

Deno.test("a name that this project used before is reported with the standard name", () => {
  for (
    const [name, standard] of [
      ["Door", "ConnectionLimiter"],
      ["FarDoor", "RemoteLimiter"],
      ["sourceOf", "addressPrefix"],
      ["confess", "sendDropNotice"],
      ["LEEWAY", "UNBUDGETED_FACTOR"],
      ["spoken", "formatBroadcastLine"],
      ["Patience", "ResponseTimeout"],
      ["STRAGGLERS", "LATE_ECHO_WAIT_MS"],
      ["patiently", "retryAddrInUse"],
      ["goodLeaf", "loadValidLeaf"],
      ["GRAIN", "CLOCK_SLACK_MS"],
      ["LIMIT", "a quantity with its unit, such as MAX_PENDING_BYTES"],
    ] as const
  ) {
    assertEquals(lint(`let ${name};`), [`"${name}" is not a standard name: write ${standard}`]);
  }
});

Deno.test("a name may contain a forbidden word as part of a longer word", () => {
  for (
    const name of ["whole", "wholesale", "toldest", "borrowed", "allowed", "showed", "MAX_LIMIT"]
  ) {
    assertEquals(lint(`const ${name} = 1;`), []);
  }
});

const DECLARATIONS = [
  "var told;",
  "let [told] = a;",
  "let [a, told = 1] = b;",
  "let { told } = a;",
  "let { a: told } = b;",
  "let { a: told = 1 } = b;",
  "let { ...told } = a;",
  "function told() {}",
  "const a = function told() {};",
  "function a(told) {}",
  "function a(told = 1) {}",
  "function a(...told) {}",
  "function a({ told }) {}",
  "declare function a(told: B): void;",
  "const a = (told) => 1;",
  "const a = async (told: B) => 1;",
  "try {} catch (told) {}",
  "for (const told of a) {}",
  "class told {}",
  "const a = class told {};",
  "class A { told = 1; }",
  "class A { #told = 1; }",
  "class A { static told?: B; }",
  "class A { accessor told = 1; }",
  "class A { told() {} }",
  "class A { #told() {} }",
  "class A { get told() { return 1; } }",
  "class A { constructor(private told: B) {} }",
  "abstract class A { abstract told: B; }",
  "abstract class A { abstract told(): B; }",
  "interface told {}",
  "interface A { told: B; }",
  "interface A { told(): B; }",
  "interface A { b(told: B): void; }",
  "interface A { [told: string]: B; }",
  "type told = A;",
  "type A = (told: B) => void;",
  "type A<told> = B;",
  "type A = { told: B };",
  "enum told { A }",
  "enum A { told }",
  "namespace told {}",
  "const a = { told: 1 };",
  "const a = { told() {} };",
  `import told from "a";`,
  `import * as told from "a";`,
  `import { a as told } from "a";`,
  `export { a as told } from "a";`,
];

Deno.test("every form of declaration is checked", async (t) => {
  for (const source of DECLARATIONS) {
    await t.step(source, () => assertEquals(lint(source).length, 1));
  }
});

const USES = [
  "told();",
  "a.told = b.told();",
  "a[told] = 1;",
  "let a = told;",
  "let a: told;",
  "let { told: a } = b;",
  "let { a = told } = b;",
  "let a: told.B<told>;",
  "const a = { told };",
  "const a = { [told]: 1 };",
  "const a = { b: told };",
  "class A extends told implements told {}",
  "function a(b = told) {}",
  `import { told } from "a";`,
  `import { told as a } from "a";`,
  `export { told } from "a";`,
  `const a = "told";`,
];

Deno.test("a use of a name is not checked: another module may own the name", async (t) => {
  for (const source of USES) {
    await t.step(source, () => assertEquals(lint(source), []));
  }
});

Deno.test("main.ts is checked; tests, tools and examples are not", () => {
  const source = "const told = 1; // who";
  assertEquals(lint(source, "main.ts").length, 2);
  for (const folder of ["tests/net", "tests/lib", ".ci", "examples", "bench"]) {
    assertEquals(lint(source, `${folder}/a.ts`), [], folder);
  }
});
