/** --plain, on both sides: programs of others without TLS, and clients and servers written by hand. */
import { assertEquals, assertMatch } from "../support/assert.ts";
import { Program, runClient, startServer } from "../support/echo.ts";
import { hasTool, runTool } from "../support/tools.ts";

const INSECURE =
  "echo: --plain is insecure: any host on the path can read and change every message";

/** A client of lines as a beginner writes it: one line, one answer, at the end the rest. */
const PYTHON_CLIENT = `
import socket, sys
with socket.create_connection(("::1", int(sys.argv[1]))) as conn:
    answers = conn.makefile("rb")
    for message in ["Hello, world", "Grüße, 世界 👋"]:
        conn.sendall(message.encode() + b"\\n")
        print("echo:", answers.readline().decode(), end="")
    conn.sendall(sys.argv[2].encode() + b"\\n")
    print("rest:", repr(answers.read().decode()))
`;

/** A server of lines as a beginner writes it, for one client; which answers ANSWER. */
const PYTHON_SERVER = `
import socket, sys
with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
    print("listening on", listener.getsockname()[1], flush=True)
    conn, _ = listener.accept()
    with conn:
        for line in conn.makefile("rb"):
            if line in (b"quit\\n", b"exit\\n", b"\\n"):
                break
            conn.sendall(ANSWER)
`;

Deno.test("plain: the server says on standard error that it is insecure, once", async () => {
  await using server = await startServer("--plain");
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  assertEquals(await server.program.err.text, INSECURE);
});

Deno.test("plain: a certificate with --plain is wrong usage", async () => {
  for (const options of [["--cert", "a.pem", "--key", "b.pem"], ["--cert", "a.pem"]]) {
    await using program = new Program(["server", "::1", "0", "--no-log", "--plain", ...options]);
    assertEquals(await program.code, 2);
    assertMatch(
      await program.err.text,
      /^echo: cannot use --plain with --cert or --key: .*\nusage: /,
    );
  }
});

Deno.test({
  name: "plain: without --dialect every byte comes back, commands too (needs nc)",
  ignore: !hasTool("nc"),
  async fn() {
    await using server = await startServer("--plain");
    for (const input of ["hello\nquit\n\nexit", "Grüße, 世界 👋\r\n", ""]) {
      const { code, out } = await runTool(["nc", "-N", "::1", `${server.port}`], { input });
      assertEquals([code, out], [0, input]);
    }
  },
});

Deno.test({
  name: "lines: quit, exit and the empty line, typed with LF or as telnet does (needs nc)",
  ignore: !hasTool("nc"),
  async fn() {
    await using server = await startServer("--plain", "--dialect", "lines");
    const said = "a\nGrüße, 世界 👋\na\n";
    const conversations = [
      [`${said}quit\n`, said + said],
      [`${said}exit\nnot any more\n`, said],
      [`${said}\nnot any more\n`, said],
      [`${said}no end`, `${said}no end`],
      [`${said}quit`, said + said],
      [" quit\nQUIT\nquit now\n", " quit\nQUIT\nquit now\n"],
      ["quit\n", ""],
    ];
    for (const end of ["\n", "\r\n"]) {
      for (const [input, answer] of conversations) {
        const typed = input!.replaceAll("\n", end);
        const nc = ["nc", "-N", "::1", `${server.port}`];
        const { code, out } = await runTool(nc, { input: typed });
        assertEquals([code, out], [0, answer!.replaceAll("\n", end)]);
      }
    }
  },
});

Deno.test("lines: the server ends the connection after a command, whoever waits", async () => {
  await using server = await startServer("--plain", "--dialect", "lines");
  for (const [word, answer] of [["quit", "a\na\n"], ["exit", "a\n"], ["", "a\n"]]) {
    using conn = await Deno.connect({ hostname: "::1", port: server.port });
    await conn.write(new TextEncoder().encode(`a\n${word}\n`));
    assertEquals(await new Response(conn.readable).text(), answer);
  }
});

Deno.test({
  name: "lines: a client of ten lines of Python (needs python3)",
  ignore: !hasTool("python3"),
  async fn() {
    await using server = await startServer("--plain", "--dialect", "lines");
    const echoes = "echo: Hello, world\necho: Grüße, 世界 👋\n";
    for (
      const [word, rest] of [
        ["quit", "'Hello, world\\nGrüße, 世界 👋\\n'"],
        ["exit", "''"],
        ["", "''"],
      ]
    ) {
      const command = ["python3", "-X", "utf8", "-c", PYTHON_CLIENT, `${server.port}`, word!];
      const { code, out, err } = await runTool(command);
      assertEquals([code, out, err], [0, `${echoes}rest: ${rest}\n`, ""]);
    }
  },
});

Deno.test({
  name: "client --plain: against an echo of ten lines of Python (needs python3)",
  ignore: !hasTool("python3"),
  async fn() {
    const messages = "Hello, world\nGrüße, 世界 👋\nHello, world";
    for (const dialect of ["lines", "raw"]) {
      await using server = await startOther(pythonServer("line"), LISTENING);
      const talk = ["::1", `${server.port}`, "--plain", "--dialect", dialect, "--style", "banner"];
      const { code, out, err } = await runClient(talk, `${messages}\n`);
      assertEquals([code, out, err], [0, messages, ""]);
    }
  },
});

Deno.test({
  name: "client --plain: a server that answers something else is exit 5 (needs python3)",
  ignore: !hasTool("python3"),
  async fn() {
    for (const dialect of ["lines", "raw"]) {
      for (const answer of [`line.replace(b"l", b"L")`, `b"HELLO, WORLD\\n"`]) {
        await using server = await startOther(pythonServer(answer), LISTENING);
        const plain = ["--plain", "--dialect", dialect, "--style", "banner", "--timeout", "5s"];
        const { code, err } = await runClient(
          ["::1", `${server.port}`, ...plain],
          "Hello, world\n",
        );
        assertEquals(code, 5);
        assertMatch(err, /^echo: cannot rely on ::1 port \d+: .*$/);
      }
    }
  },
});

Deno.test("client --plain: a server that speaks TLS is told as that, in each dialect", async () => {
  await using server = await startServer();
  for (const dialect of ["frames", "lines", "raw", "websocket"]) {
    const talk = ["::1", `${server.port}`, "hi", "--plain", "--dialect", dialect];
    const { code, err } = await runClient(talk);
    assertEquals([dialect, code], [dialect, 3]);
    assertMatch(err, /^echo: cannot talk to .*: it answers with a TLS alert, so it speaks TLS/);
  }
});

/** Echo servers that are one command. */
const ECHOES: Record<string, () => string[]> = {
  // Of port 0 it does not say which one it got.
  ncat: () => ["ncat", "-l", "-k", "-v", "-e", "/bin/cat", "::1", `${freePort()}`],
  socat: () => ["socat", "-d", "-d", "TCP6-LISTEN:0,bind=[::1],fork", "EXEC:cat"],
};

for (const [tool, command] of Object.entries(ECHOES)) {
  Deno.test({
    name: `client --plain: against an echo made of ${tool} and cat (needs ${tool})`,
    ignore: !hasTool(tool),
    async fn() {
      await using server = await startOther(command(), /listening on .*:(\d+)$/i);
      for (const dialect of ["lines", "raw"]) {
        const options = ["--plain", "--dialect", dialect, "--style", "banner"];
        await using client = new Program(["client", "::1", `${server.port}`, ...options]);
        // Each echo is waited for: ncat loses what is on its way when we end our side.
        for (const message of ["Hello, world", "Grüße, 世界 👋", "  last"]) {
          await client.type(`${message}\n`);
          assertEquals(await client.out.next(), message);
        }
        await client.endInput();
        assertEquals([await client.code, await client.err.text], [0, ""]);
      }
    },
  });
}

const LISTENING = /^listening on (\d+)$/;

function pythonServer(answer: string): string[] {
  return ["python3", "-c", PYTHON_SERVER.replace("ANSWER", answer)];
}

/** Starts a program of others, and waits until it says on which port it listens. */
async function startOther([command, ...args]: string[], ready: RegExp) {
  // In a group of its own, so that what it has started ends with it.
  const child = new Deno.Command("setsid", {
    args: [command!, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const port = Promise.withResolvers<number>();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    let said = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      said += piece;
      const found = said.split("\n").slice(0, -1).map((line) => ready.exec(line)).find(Boolean);
      if (found) port.resolve(Number(found[1]));
    }
    return said;
  };
  const outputs = Promise.all([listen(child.stdout), listen(child.stderr)]);
  outputs.then((said) => port.reject(new Error(`${command} does not listen: ${said.join("")}`)));
  const other = {
    async [Symbol.asyncDispose]() {
      try {
        Deno.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended, and all that it has started.
      }
      await Promise.all([child.status, outputs]);
    },
  };
  try {
    return { ...other, port: await port.promise };
  } catch (error) {
    await other[Symbol.asyncDispose]();
    throw error;
  }
}

/** A port that nobody uses. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  return listener.addr.port;
}
