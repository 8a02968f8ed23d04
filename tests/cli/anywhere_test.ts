import { assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient } from "../support/echo.ts";

/** A server started somewhere else than in the checkout, and a client that talks to it. */
async function serveFrom(cwd: string, ...options: string[]): Promise<string> {
  await using server = new Program(["server", "::1", "0", ...options], { cwd });
  const [, port] = await server.out.find(/^server is using port: (\d+)$/);
  const { code, out } = await runClient(["::1", port!, "hello", "--style", "banner"]);
  assertEquals([code, out], [0, "hello"]);
  await server.type("exit\n");
  assertEquals(await server.code, 0);
  return await server.err.text;
}

Deno.test("echo runs in an empty directory, and leaves nothing there but its log", async () => {
  const cwd = await Deno.makeTempDir();
  assertEquals(await serveFrom(cwd), "");
  assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name), ["echo-server.log"]);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test({
  name: "echo runs where nothing can be written: one line says so, and the echo goes on",
  ignore: Deno.build.os !== "linux", // /proc is read-only for everybody, root too
  async fn() {
    const line = await serveFrom("/proc");
    assertMatch(
      line,
      /^echo: cannot write the log "echo-server\.log": .*; the echo goes on without it$/,
    );
  },
});

Deno.test("a history that cannot be kept stops no echo; who quits hears how much there is", async () => {
  const env = { TMPDIR: "/nonexistent" };
  await using server = new Program(["server", "::1", "0", "--no-log"], { env });
  const [, port] = await server.out.find(/^server is using port: (\d+)$/);
  const lines = `${"x".repeat(999)}\n`.repeat(200);
  const { code, out } = await runClient(["::1", port!], `${lines}quit\n`);
  assertEquals(code, 0);
  assertEquals(out.match(/^server echoed: /gm)?.length, 200);
  const said =
    /^server says: only the first (\d+) of 200 messages were kept: no such file or directory$/m;
  const kept = Number(said.exec(out)?.[1]);
  assertEquals(out.split("client received message log.\n")[1]?.split("\n").length, kept);
  await server.type("exit\n");
  assertEquals([await server.code, await server.err.text], [0, ""]);
});

Deno.test({
  name: "a compiled echo keeps its certificates in the data directory of whoever runs it",
  ignore: Deno.env.get("ECHO_COMMAND") === undefined, // from source they lie in the checkout
  async fn() {
    const home = await Deno.makeTempDir();
    const env = { HOME: home, XDG_DATA_HOME: "" };
    await using server = new Program(["server", "::1", "0", "--no-log"], { env });
    const [, port] = await server.out.find(/^server is using port: (\d+)$/);
    const { mode } = await Deno.stat(`${home}/.local/share/echo/server-key.pem`);
    assertEquals(mode! & 0o777, 0o600);
    await using client = new Program(["client", "::1", port!, "hello"], { env });
    assertEquals(await client.code, 0);
    await using stranger = new Program(["client", "::1", port!, "hello"], {
      env: { HOME: "/nonexistent", XDG_DATA_HOME: "" },
    });
    assertEquals(await stranger.code, 4); // it has another authority, or none
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test({
  name: "the demo runs where no deno is on the PATH",
  ignore: Deno.env.get("ECHO_COMMAND") !== undefined, // it is of the checkout
  async fn() {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "demo"],
      cwd: `${import.meta.dirname}/../..`,
      env: { PATH: await Deno.makeTempDir() },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, err], [0, ""]);
    assertMatch(out!, /client ended with 0, server ended with 0\n$/);
  },
});
