/** Each command gives up the permissions that it does not need. */
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { COMMANDS } from "../../lib/cli/command.ts";

const MODULE = new URL("../../lib/cli/permissions.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const LIBC = "/lib/x86_64-linux-gnu/libc.so.6";

/** What README says; a kind that is not named is given up. */
const KEPT = {
  "server": ["read", "write", "net", "env", "sys", "ffi"],
  "client": ["read", "write", "net", "env"],
  "check": ["read", "write", "net", "env", "run", "ffi"],
  "ping": ["read", "net", "env"],
  "bench": ["read", "write", "net", "env", "sys"],
  "cert": ["read", "write", "net", "env", "sys"],
  "top": ["read", "net", "env"],
  "demo-udp": ["net", "env", "sys"],
  "a command without a row": [],
};

async function run(flags: string[], program: string): Promise<string> {
  const args = ["run", "--no-prompt", "--config", CONFIG, ...flags, "--ext=ts", "-"];
  const stdio = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
  await using child = new Deno.Command(Deno.execPath(), { args, ...stdio }).spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(program));
  await stdin.close();
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

const kinds = `["read", "write", "net", "env", "sys", "run", "ffi"]`;

for (const [command, kept] of Object.entries(KEPT)) {
  Deno.test(`permissions: ${command} keeps ${kept.join(", ") || "none"}`, async () => {
    const drop = `import { dropPermissions } from "${MODULE}"; dropPermissions("${command}");`;
    const states =
      `${kinds}.filter((name) => Deno.permissions.querySync({ name }).state === "granted")`;
    assertEquals(await run(["-A"], `${drop} console.log(${states}.join())`), kept.join());
  });
}

Deno.test("permissions: one that was granted for a single path is given up too", async () => {
  const drop = `import { dropPermissions } from "${MODULE}"; dropPermissions("client");`;
  const open = `try { Deno.dlopen("${LIBC}", {}); } catch (error) { console.log(error.name); }`;
  const flags = [`--allow-ffi=${LIBC}`, "--allow-read"];
  assertEquals(await run(flags, `${drop} ${open}`), "NotCapable");
});

Deno.test("permissions: every command has a row", () => {
  for (const name of Object.keys(COMMANDS)) assertEquals([name, name in KEPT], [name, true]);
});

for (const workers of ["1", "2"]) {
  Deno.test(`permissions: with all of them, client and server with ${workers} worker(s) work`, async () => {
    const server = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "server", "::1", "0", "--no-log", "--workers", workers],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/port: \d+\n/.test(text)) text += (await reader.read()).value ?? "";
    const port = /port: (\d+)/.exec(text)![1]!;
    const args = ["run", "-A", MAIN, "client", "::1", port, "hello"];
    const { code, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    server.kill("SIGTERM");
    await reader.cancel();
    assertEquals([code, (await server.status).code], [0, 0]);
    assertStringIncludes(new TextDecoder().decode(stdout), 'server echoed: "hello"');
  });
}
