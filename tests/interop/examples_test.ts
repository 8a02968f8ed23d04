/** The clients of examples/, built and run against the server as it is. */
import { makeAuthority } from "../../lib/certs/authority.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { startServer } from "../support/echo.ts";
import { identityFiles } from "../support/identity.ts";
import { hasTool, holds, runTool } from "../support/tools.ts";

const EXAMPLES = `${import.meta.dirname}/../../examples`;
const MESSAGES = ["Hello, world", "Grüße, 世界 👋", "the last", "x".repeat(100_000)];

/** A client: what it takes, and how it is started once that has been built in `directory`. */
interface Example {
  file: string;
  tool: string;
  build(directory: string): string[];
  run(directory: string): string[];
}

const CLIENTS: Example[] = [
  {
    file: "client.py",
    tool: "python3",
    build: () => [],
    run: () => ["python3", `${EXAMPLES}/client.py`],
  },
  {
    file: "client.go",
    tool: "go",
    build: (directory) => ["go", "build", "-o", `${directory}/client`, `${EXAMPLES}/client.go`],
    run: (directory) => [`${directory}/client`],
  },
  {
    file: "client.c",
    tool: "cc",
    build(directory) {
      const warnings = ["-Wall", "-Wextra", "-Werror"];
      const libraries = ["-lssl", "-lcrypto"];
      return ["cc", ...warnings, "-o", `${directory}/client`, `${EXAMPLES}/client.c`, ...libraries];
    },
    run: (directory) => [`${directory}/client`],
  },
];

/** Whether all is there that an example needs: for C, OpenSSL's headers too. */
function canBuild({ tool }: Example): boolean {
  return tool === "cc" ? holds("echo '#include <openssl/ssl.h>' | cc -E -") : hasTool(tool);
}

for (const example of CLIENTS) {
  Deno.test({
    name: `examples/${example.file} speaks with the server (needs ${example.tool})`,
    ignore: !canBuild(example),
    async fn() {
      const directory = await Deno.makeTempDir();
      try {
        const command = example.build(directory);
        if (command.length > 0) assertEquals((await runTool(command)).err, "");
        await speak(example.run(directory));
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });

  Deno.test(`examples/${example.file} has at most 60 lines and the three names`, async () => {
    const source = await Deno.readTextFile(`${EXAMPLES}/${example.file}`);
    assert(source.trimEnd().split("\n").length <= 60);
    for (const name of ["recv_n", "recv_msg", "send_msg"]) {
      assertMatch(source, RegExp(`${name}\\(`));
    }
  });
}

async function speak(command: string[]): Promise<void> {
  await using identity = await identityFiles();
  await using server = await startServer({
    // A notice and a broadcast may come before an echo.
    args: [
      "0",
      "--broadcast",
      "--welcome",
      "Welcome",
      "--max-message",
      "200k",
      ...identity.options,
    ],
    ready: /^server is using port: (\d+)$/,
  });
  const { port } = server;
  const expected = [
    ...MESSAGES.map((message) => `echo: ${message}\n`),
    ...MESSAGES.map((message) => `history: ${message}\n`),
  ].join("");
  for (const host of ["::1", "127.0.0.1", "localhost"]) {
    const { code, out, err } = await runTool([
      ...command,
      host,
      `${port}`,
      identity.ca,
      ...MESSAGES,
    ]);
    assertEquals([code, out, err], [0, expected, ""]);
    await server.program.out.find(/^the client had informed the server that it is quitting$/);
  }
  const none = await runTool([...command, "::1", `${port}`, identity.ca]);
  assertEquals([none.code, none.out], [0, ""]);

  const stranger = await makeAuthority(new Date());
  await Deno.writeTextFile(identity.ca, stranger.cert);
  const untrusting = await runTool([...command, "::1", `${port}`, identity.ca, "hello"]);
  assertEquals([untrusting.code === 0, untrusting.out], [false, ""]);
}

for (const runtime of ["deno", "node"] as const) {
  Deno.test({
    name: `examples/client.mjs speaks with the server on ${runtime} (needs ${runtime})`,
    ignore: runtime === "node" && !holds("node --experimental-websocket -e ''"),
    async fn() {
      await using identity = await identityFiles();
      await using server = await startServer("-b", ...identity.options);
      const command = runtime === "deno"
        ? [Deno.execPath(), "run", "-q", "--no-prompt", "--allow-net", "--cert", identity.ca]
        : ["env", `NODE_EXTRA_CA_CERTS=${identity.ca}`, "node", "--experimental-websocket"];
      const args = [`${EXAMPLES}/client.mjs`, `wss://[::1]:${server.port}/`, ...MESSAGES];
      const { code, out } = await runTool([...command, ...args]);
      assertEquals([code, out], [0, MESSAGES.map((message) => `echo: ${message}\n`).join("")]);
    },
  });
}
