/** The TLS clients that everybody has, on the raw dialect: they know no echo/1, and need no flag. */
import { equals } from "../../lib/std.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { noise } from "../support/sources.ts";
import { hasTool, runTool } from "../support/tools.ts";

const MIB = 1024 * 1024;

interface Tool {
  name: string;
  /** How it connects; it passes its input on and writes what it hears to its output. */
  command(port: number): string[];
  /** Whether the end of its input ends its side of the connection only. */
  halfCloses: boolean;
  /** Whether it writes its output byte by byte. */
  isSlow?: boolean;
}

const TOOLS: Tool[] = [
  // -quiet takes the end of the input for nothing; without it that would end both sides.
  ...["-tls1_2", "-tls1_3"].map((version) => ({
    name: `openssl s_client -quiet ${version}`,
    command: (port: number) => openssl(port, "-quiet", version),
    halfCloses: false,
  })),
  {
    name: "gnutls-cli --insecure",
    command: (port) => ["gnutls-cli", "--insecure", "--logfile=/dev/null", "-p", `${port}`, "::1"],
    halfCloses: true,
    isSlow: true,
  },
  {
    name: "ncat --ssl",
    command: (port) => ["ncat", "--ssl", "::1", `${port}`],
    halfCloses: true,
  },
  {
    name: "socat OPENSSL",
    // It would send "[::1]" as a server name, which RFC 6066 forbids and TLS libraries refuse;
    // and half a second after the end of its input it would leave.
    command: (port) => ["socat", "-t", "60", "-", `OPENSSL:[::1]:${port},verify=0,no-sni`],
    halfCloses: true,
  },
];

for (const tool of TOOLS) {
  const [program] = tool.command(0);
  Deno.test({
    name: `raw: ${tool.isSlow ? 4 : 16} MiB come back through ${tool.name} (needs ${program})`,
    ignore: !hasTool(program!),
    async fn() {
      await using identity = await identityFiles();
      await using server = await startServer("--style", "quiet", ...identity.options);
      const size = (tool.isSlow ? 4 : 16) * MIB;
      assertEquals(await passThrough(tool, server.port, noise(size)), size);
    },
  });
}

Deno.test({
  name: "raw: TLS 1.1 and older is refused (needs openssl)",
  ignore: !hasTool("openssl"),
  async fn() {
    await using identity = await identityFiles();
    await using server = await startServer(...identity.options);
    for (const version of ["-tls1_1", "-tls1"]) {
      const old = [version, "-cipher", "DEFAULT@SECLEVEL=0"];
      const { code, err } = await runTool(openssl(server.port, ...old));
      assertEquals(code, 1);
      assertMatch(err, /SSL alert number (40|70)\n/); // handshake_failure or protocol_version
    }
  },
});

Deno.test({
  name: "raw: who offers another protocol by ALPN gets no_application_protocol (needs openssl)",
  ignore: !hasTool("openssl"),
  async fn() {
    await using identity = await identityFiles();
    await using server = await startServer(...identity.options);
    const { code, err } = await runTool(openssl(server.port, "-alpn", "h2"));
    assertEquals(code, 1);
    assertMatch(err, /SSL alert number 120\n/);
  },
});

Deno.test({
  name: "raw: who speaks no TLS gets an alert, and one line in the log (needs nc)",
  ignore: !hasTool("nc"),
  async fn() {
    await using identity = await identityFiles();
    const log = await Deno.makeTempFile();
    try {
      await using server = await startServer("--log", log, ...identity.options);
      const request = { input: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" };
      const { out } = await runTool(["nc", "-N", "::1", `${server.port}`], request);
      assertEquals(out.slice(0, 2), "\x15\x03"); // an alert, in a record of SSL 3 or later
      server.program.signal("SIGTERM");
      assertEquals(await server.program.code, 0);
      const told = (await Deno.readTextFile(log)).split("\n").filter((line) => / conn=/.test(line));
      assertEquals(told.length, 1);
      assertMatch(told[0]!, / event=connection-failed .* reason=handshake-failed /);
    } finally {
      await Deno.remove(log);
    }
  },
});

function openssl(port: number, ...how: string[]): string[] {
  return ["openssl", "s_client", "-connect", `[::1]:${port}`, ...how];
}

/** Sends bytes through a tool, and returns how many came back before the first that is not theirs. */
async function passThrough(tool: Tool, port: number, bytes: Uint8Array): Promise<number> {
  const [command, ...args] = tool.command(port);
  await using child = new Deno.Command(command!, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let came = 0;
  const feed = async () => {
    const writer = child.stdin.getWriter();
    for (let sent = 0; sent < bytes.length; sent += MIB) {
      await writer.write(bytes.slice(sent, sent + MIB));
    }
    if (tool.halfCloses) await writer.close();
    return writer;
  };
  const fed = feed();
  fed.catch(() => {}); // it has left: what came says how far it got
  for await (const piece of child.stdout) {
    if (!equals(piece, bytes.subarray(came, came + piece.length))) {
      child.kill();
      return came;
    }
    came += piece.length;
    if (came === bytes.length && !tool.halfCloses) {
      await (await fed).close();
      child.kill(); // it would wait for the server, and the server for it
    }
  }
  if (tool.halfCloses) assertEquals((await child.status).code, 0);
  return came;
}
