/** What the system says by signals, EAGAIN and job control. */
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { Program, startServer } from "../support/echo.ts";
import { folder } from "../support/odd_certs.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";
import { hasTool } from "../support/tools.ts";
import { startUnknown } from "../support/unknown_server.ts";
import { startVictim } from "../support/victim.ts";

const PROMPT = "enter a message to send to server:";
const isWindows = Deno.build.os === "windows";

/** A test in a real terminal; skipped where tmux is missing. */
function terminalTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: hasTmux ? name : `${name} (skipped: tmux is missing)`, ignore: !hasTmux, fn });
}

async function startInTerminal(): Promise<Terminal> {
  const terminal = await Terminal.open(["server", "::1", "0", "--no-log"]);
  await terminal.until((screen) => screen.includes("server is using port: "));
  return terminal;
}

terminalTest("closing its terminal (SIGHUP) stops a server in the foreground", async () => {
  await using terminal = await startInTerminal();
  await terminal.signal("SIGHUP");
  await terminal.until((screen) => screen.endsWith("exit code 0"));
});

terminalTest("after Ctrl-D at the server, exit can still be typed", async () => {
  await using terminal = await startInTerminal();
  await terminal.press("C-d");
  await terminal.press("C-d");
  await terminal.type("hello");
  await terminal.press("Enter");
  await terminal.until((screen) => screen.includes("type exit to stop the server"));
  await terminal.type("exit");
  await terminal.press("Enter");
  await terminal.until((screen) => screen.endsWith("exit code 0"));
});

terminalTest(
  "Ctrl-Z does not take the terminal away from a server that a script started",
  async () => {
    await using terminal = await startInTerminal();
    await terminal.press("C-z");
    await terminal.type("exit");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.endsWith("exit code 0"));
  },
);

terminalTest("Ctrl-Z does not take the terminal away from a question for HOST", async () => {
  await using terminal = await Terminal.open(["client"]);
  await terminal.shows("HOST:");
  await terminal.press("C-z");
  await terminal.type("local host");
  await terminal.press("Enter");
  await terminal.until((screen) => screen.includes("cannot use HOST") && screen.endsWith("HOST:"));
  await terminal.press("C-c");
  await terminal.until((screen) => screen.includes("exit code"));
});

terminalTest("Ctrl-Z does not take the terminal away from a question about a key", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  const env = { XDG_DATA_HOME: dir.path };
  await using terminal = await Terminal.open(["client", "::1", `${server.port}`], { env });
  await terminal.until((screen) => screen.includes("(yes/no/[fingerprint])?"));
  await terminal.press("C-z");
  await terminal.type("no");
  await terminal.press("Enter");
  await terminal.until((screen) => screen.endsWith("exit code 4"));
});

terminalTest("Ctrl-Z does not take the terminal away from a measurement that runs", async () => {
  for (const [name, ...options] of [["bench", "--warmup", "0"], ["ping"]]) {
    await using server = await startServer();
    await using terminal = await Terminal.open([name!, "::1", `${server.port}`, ...options]);
    await server.program.out.find(/^server received message/);
    await terminal.press("C-z", "C-c");
    await terminal.until((screen) => screen.endsWith("exit code 0"));
  }
});

terminalTest(
  "a client that was stopped and goes on has its prompt and its keys again",
  async () => {
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("hllo");
    await terminal.until((screen) => screen.endsWith("hllo"));
    await terminal.signal("SIGSTOP");
    // What a shell does before it takes the terminal.
    await new Deno.Command("stty", { args: ["-F", await terminal.device(), "sane"] }).output();
    await terminal.signal("SIGCONT");
    await terminal.press("Left", "Left", "Left");
    await terminal.type("e");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.includes('server echoed: "hello"'));
  },
);

Deno.test({
  name: "a limit on the size of files ends no server: the echo goes on, and the log is said once",
  ignore: !hasTool("prlimit"),
  async fn() {
    await using server = await startVictim();
    const limit = [`--pid=${server.program.pid}`, "--fsize=1048576:1048576"];
    await new Deno.Command("prlimit", { args: limit }).output();
    using peer = await server.connect();
    const text = "x".repeat(30_000);
    for (let i = 0; i < 100; i++) {
      await peer.say(text);
      assertEquals((await peer.hear())?.text, text);
    }
    await server.program.err.find(/^echo: cannot write the log ".*": file too large; /);
    await peer.say(text);
    assertEquals((await peer.hear())?.text, text);
    peer.conn.close();
    server.program.signal("SIGTERM");
    assertEquals(await server.program.code, 0);
  },
});

Deno.test({
  name: "a limit on the size of files ends no client: what is piped comes back",
  ignore: !hasTool("prlimit"),
  async fn() {
    await using server = await startServer();
    const log = await Deno.makeTempFile();
    await using client = server.client("--style", "banner", "--log", log);
    await server.program.out.find(/^server connected to client/);
    const limit = [`--pid=${client.pid}`, "--fsize=1048576:1048576"];
    await new Deno.Command("prlimit", { args: limit }).output();
    const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"x".repeat(30_000)}`).join("\n");
    await client.type(lines);
    await client.endInput();
    assertEquals([await client.code, await client.out.text === lines], [0, true]);
    assertMatch(await client.err.text, /^echo: cannot write the log ".*": file too large; [^\n]*$/);
    assertEquals((await Deno.stat(log)).size, 1_048_576);
    await Deno.remove(log);
  },
});

Deno.test({
  name: "SIGUSR1 opens no debugger at the server",
  ignore: isWindows,
  async fn() {
    await using server = await startVictim();
    server.program.signal("SIGUSR1");
    await server.greet();
    const inspector = { hostname: "127.0.0.1", port: 9229 };
    await assertRejects(() => Deno.connect(inspector), Deno.errors.ConnectionRefused);
  },
});

/** Runs a command with its outputs in non-blocking mode. */
const NON_BLOCKING = [
  "python3",
  "-c",
  "import fcntl, os, sys\n" +
  "for fd in (1, 2): fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)\n" +
  "os.execvp(sys.argv[1], sys.argv[1:])",
];

Deno.test({
  name: "outputs that are non-blocking lose nothing",
  ignore: !hasTool("python3"),
  async fn() {
    await using server = await startServer("--style", "quiet");
    const args = ["client", "::1", `${server.port}`, "--style", "banner"];
    await using client = new Program(args, { within: NON_BLOCKING });
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(100)}`);
    await client.type(lines.join("\n") + "\n");
    await client.endInput();
    assertEquals([await client.code, await client.err.text], [0, ""]);
    assert(await client.out.text === lines.join("\n"), "the output is another one");
    await using wrong = new Program(["nonsense"], { within: NON_BLOCKING });
    assertEquals(await wrong.code, 2);
    assert((await wrong.err.text).startsWith('echo: cannot run "nonsense"'));
  },
});

Deno.test({
  name: "standard input that cannot be read is said, and is no mistake in echo",
  ignore: isWindows,
  async fn() {
    await using server = await startServer("--style", "quiet");
    const within = ["sh", "-c", 'exec "$@" </', "sh"];
    await using client = new Program(["client", "::1", `${server.port}`], { within });
    assertEquals(await client.code, 1);
    assertEquals(await client.err.text, "echo: cannot read standard input: is a directory");
  },
});

/** Runs a command at a terminal that goes away in the middle of a long line. */
const HANGING_UP = [
  "python3",
  "-c",
  `import array, fcntl, os, pty, sys, termios, time
def waiting():
    count = array.array("i", [0])
    fcntl.ioctl(line, termios.FIONREAD, count)
    return count[0]
terminal, line = pty.openpty()
os.write(terminal, b"x" * 2000 + bytes([4]))
while not waiting(): time.sleep(0.001)
if os.fork():
    os.dup2(line, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
while waiting(): time.sleep(0.001)
os.close(terminal)
os.write(2, b"the terminal is gone\\n")
`,
];

Deno.test({
  name: "a terminal that goes away in the middle of a long line ends no server",
  ignore: !hasTool("python3"),
  async fn() {
    const ready = /^server is using port: (\d+)$/;
    await using server = await startServer({ args: ["::1", "0"], ready, within: HANGING_UP });
    await server.program.err.find(/^the terminal is gone$/);
    await using client = server.client("hello");
    assertEquals(await client.code, 0);
    server.program.signal("SIGTERM");
    const ended = [await server.program.code, await server.program.err.text];
    assertEquals(ended, [0, "the terminal is gone"]);
  },
});
