import { assertEquals } from "../tests/support/assert.ts";
import { MAX_LINES } from "./length.ts";
import plugin from "./lint.ts";
import { lintMessages } from "./lint_messages.ts";

/** Returns the messages of `echo/length` for a file of `lines` lines. */
function lint(lines: number, { path = "lib/net/a.ts", lastLine = "a();\n" } = {}): string[] {
  return lintMessages(plugin, "length", path, "a();\n".repeat(lines - 1) + lastLine);
}

Deno.test("a file may have 350 lines and no more", () => {
  assertEquals(MAX_LINES, 350);
  assertEquals(lint(350), []);
  const tooLong = "the file has 351 lines; split it: at most 350 are allowed";
  assertEquals(lint(351), [tooLong]);
});

Deno.test("a last line without a line end counts", () => {
  assertEquals(lint(350, { lastLine: "a();" }), []);
  assertEquals(lint(351, { lastLine: "a();" }).length, 1);
});

Deno.test("comments and empty lines count", () => {
  const source = "// comment\n".repeat(200) + "\n".repeat(151);
  assertEquals(lintMessages(plugin, "length", "main.ts", source).length, 1);
  assertEquals(lintMessages(plugin, "length", "main.ts", ""), []);
});

Deno.test("the limit holds in every folder", () => {
  const folders = ["lib/net", "tests/net", "tests/support", "bench/peers", ".ci", "examples"];
  for (const folder of folders) {
    assertEquals(lint(351, { path: `${folder}/a.ts` }).length, 1, folder);
  }
  assertEquals(lint(351, { path: "main.ts" }).length, 1);
});
