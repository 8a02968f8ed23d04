import { assertEquals } from "../tests/support/assert.ts";
import plugin from "./lint.ts";
import { lintMessages } from "./lint_messages.ts";

function count(source: string, path = "lib/net/a.ts"): number {
  return lintMessages(plugin, "race", path, source).length;
}

Deno.test("Promise.race in a loop is rejected, in any kind of loop", () => {
  const loops = ["for (;;)", "while (true)", "for (const a of b)", "for (const a in b)"];
  for (const loop of loops) assertEquals(count(`${loop} { await Promise.race([a, b]); }`), 1, loop);
  assertEquals(count("do { await Promise.race([a, b]); } while (true);"), 1);
});

Deno.test("Promise.race outside a loop, in a function of its own and in tests is allowed", () => {
  assertEquals(count("await Promise.race([a, b]);"), 0);
  assertEquals(count("for (;;) { a(() => Promise.race([a, b])); }"), 0);
  assertEquals(count("for (;;) { await Promise.all([a, b]); }"), 0);
  assertEquals(count("for (;;) { await Promise.race([a, b]); }", "tests/net/a.ts"), 0);
});
