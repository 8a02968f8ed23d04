import { assertEquals, assertMatch } from "../tests/support/assert.ts";

/** Runs the task as a person does; what it says on standard error, apart from the task's own line. */
async function compile(args: string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile", ...args],
    cwd: `${import.meta.dirname}/..`,
    env: { NO_COLOR: "1", ...env },
  });
  const { code, stderr } = await command.output();
  return { code, said: new TextDecoder().decode(stderr).trim() };
}

Deno.test("compile: wrong usage is one line and exit code 2", async () => {
  for (
    const [args, said] of [
      [
        ["--target", "vax"],
        /^compile: cannot compile for "vax": the targets are x86_64-unknown-.*$/,
      ],
      [["--fast"], /^compile: cannot use "--fast": it takes --target TARGET or --all$/],
    ] as const
  ) {
    const result = await compile([...args]);
    assertEquals(result.code, 2);
    assertMatch(result.said, said);
  }
});

Deno.test("compile: one runtime is not taken for that of all targets", async () => {
  const { code, said } = await compile(["--all"], { DENORT_BIN: "/nonexistent" });
  assertEquals(code, 2);
  assertMatch(said, /^compile: cannot compile for all targets with one DENORT_BIN: .*$/);
});

Deno.test("compile: a runtime that cannot be had is one line that names DENORT_BIN", async () => {
  const { code, said } = await compile([], { DENORT_BIN: "/nonexistent" });
  assertEquals(code, 1);
  assertMatch(said, /^compile: cannot compile for this machine: .*DENORT_BIN.*$/);
});
