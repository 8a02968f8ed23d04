import { startServer } from "../support/echo.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";

const PROMPT = "enter a message to send to server:";

/** A test in a real terminal; skipped where tmux is missing. */
function terminalTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: hasTmux ? name : `${name} (skipped: tmux is missing)`, ignore: !hasTmux, fn });
}

terminalTest("a person types at a prompt and sees each echo above it", async () => {
  await using server = await startServer();
  await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
  await terminal.shows("client had connected to the server!", PROMPT);
  await terminal.type("Grüße, 世界 👋");
  await terminal.press("Enter");
  await terminal.shows(
    "client had connected to the server!",
    `${PROMPT} Grüße, 世界 👋`,
    `client sending message: "Grüße, 世界 👋"`,
    `server echoed: "Grüße, 世界 👋"`,
    PROMPT,
  );
  await terminal.type("quit");
  await terminal.press("Enter");
  await terminal.shows(
    "client had connected to the server!",
    `${PROMPT} Grüße, 世界 👋`,
    `client sending message: "Grüße, 世界 👋"`,
    `server echoed: "Grüße, 世界 👋"`,
    `${PROMPT} quit`,
    "client informing server that it is quitting.",
    "client received message log.",
    "Grüße, 世界 👋",
    "exit code 0",
  );
});

terminalTest(
  "a line can be edited, also where it wraps, in a terminal that changes its size",
  async () => {
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`], {
      columns: 50,
    });
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("a line that is so long that it wraps");
    await terminal.press("Left", "BSpace", "C-a");
    await terminal.type("X ");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.endsWith(PROMPT));
    await terminal.resize(100, 24);
    await terminal.press("Up");
    await terminal.until((screen) =>
      screen.endsWith(`${PROMPT} X a line that is so long that it wras`)
    );
    await terminal.press("Enter");
    await terminal.until((screen) =>
      screen.endsWith(
        `server echoed: "X a line that is so long that it wras"\n${PROMPT}`,
      )
    );
  },
);

terminalTest(
  "what the server says appears above a half-typed line, which stays whole",
  async () => {
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("half a mess");
    await terminal.shows("client had connected to the server!", `${PROMPT} half a mess`);
    server.program.signal("SIGTERM");
    await terminal.shows(
      "client had connected to the server!",
      "server says: the server is shutting down",
      `echo: lost the connection to ::1 port ${server.port}: the server closed it`,
      "exit code 3",
    );
  },
);

terminalTest("Ctrl-D and Ctrl-C at the prompt end the client", async () => {
  await using server = await startServer();
  for (const key of ["C-d", "C-c"]) {
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.press(key);
    await terminal.until((screen) => screen.endsWith("exit code 0"));
  }
});

terminalTest("typing exit on the server's console stops it", async () => {
  await using terminal = await Terminal.open(["server", "::1", "0", "--no-log"]);
  await terminal.until((screen) => screen.includes("server is using port: "));
  await terminal.type("exit");
  await terminal.press("Enter");
  await terminal.until((screen) => screen.endsWith("exit\nserver has stopped\nexit code 0"));
});
