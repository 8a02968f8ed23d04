import { assertEquals, assertMatch } from "../support/assert.ts";
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
  "keys take a character as a person sees it: emoji of several, combining marks",
  async () => {
    const family = "👨‍👩‍👧";
    const cases: [text: string, keys: string[], more: string, line: string][] = [
      [`a${family}b`, ["BSpace", "BSpace"], "c", "ac"],
      [`a${family}b`, ["Left", "Left"], "c", `ac${family}b`],
      [`a${family}b`, ["Home", "Right", "Right"], "c", `a${family}cb`],
      [`a${family}b`, ["Home", "Right", "DC"], "c", "acb"],
      ["ye\u0301x", ["Left", "C-b"], "z", "yze\u0301x"],
      ["ye\u0301x", ["Left", "C-h"], "z", "yzx"],
      ["ye\u0301x", ["C-a", "C-f", "C-d"], "z", "yzx"],
      ["世界", ["Left", "BSpace"], "z", "z界"],
    ];
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
    await terminal.shows("client had connected to the server!", PROMPT);
    for (const [text, keys, more, line] of cases) {
      await terminal.type(text);
      await terminal.press(...keys);
      await terminal.type(more);
      await terminal.press("Enter");
      await terminal.until((screen) => screen.endsWith(`server echoed: "${line}"\n${PROMPT}`));
      await terminal.press("C-l");
      await terminal.shows(PROMPT);
    }
  },
);

terminalTest(
  "a wide character at the last column goes to the next row, and the prompt stays once",
  async () => {
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`], {
      columns: 50,
    });
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("aaaaaaaaaaaaaa世");
    await terminal.type("界");
    const shown = ["client had connected to the server!", `${PROMPT} aaaaaaaaaaaaaa`];
    await terminal.shows(...shown, "世界");
    await terminal.press("Left", "b");
    await terminal.shows(...shown, "世b界");
    await terminal.press("C-a", "BSpace", "x", "C-e");
    await terminal.shows(shown[0]!, `${PROMPT} xaaaaaaaaaaaaaa`, "世b界");
    await terminal.press("Enter");
    await terminal.until((screen) =>
      screen.endsWith(`server echoed: "xaaaaaaaaaaaaaa世b界"\n${PROMPT}`)
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

terminalTest(
  "without frames a person judges the answers: they are shown, and no mistake",
  async () => {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const serving = listener.accept().then(async (conn) => {
      await conn.readable.pipeThrough(new TextDecoderStream())
        .pipeThrough(
          new TransformStream({
            start: (controller) => controller.enqueue("Welcome\n"),
            transform: (text, controller) => controller.enqueue(text.toUpperCase()),
          }),
        )
        .pipeThrough(new TextEncoderStream()).pipeTo(conn.writable);
    });
    await using terminal = await Terminal.open([
      ...["client", "::1", `${listener.addr.port}`, "--plain"],
    ]);
    const connected = ["client had connected to the server!", "server says: Welcome\\n"];
    await terminal.shows(...connected, PROMPT);
    await terminal.type("hello");
    await terminal.press("Enter");
    const sent = [`${PROMPT} hello`, 'client sending message: "hello"', "server says: HELLO\\n"];
    await terminal.shows(...connected, ...sent, PROMPT);
    await terminal.press("C-d");
    await terminal.until((screen) => screen.endsWith("exit code 0"));
    await serving;
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
  await terminal.until((screen) => screen.endsWith("exit\nexit code 0"));
});

terminalTest(
  "a broadcast in the middle of typing spoils neither the line nor its end",
  async () => {
    await using server = await startServer("--broadcast");
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`], {
      columns: 60,
    });
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("a half-typed line that is long enough to wrap, 世界");
    await terminal.until((screen) => screen.endsWith("世界"));
    await using other = server.client();
    await other.type("Grüße 👋\n");
    await other.out.find(/^server echoed/);
    const [, peer] = await server.program.out.find(/address: (.*)$/);
    assertEquals(peer, "::1");
    const screen = await terminal.until((screen) => /says: "Grüße 👋"\n/.test(screen));
    assertMatch(
      screen,
      /^client had connected to the server!\n\[::1\]:\d+ says: "Grüße 👋"\nenter a message to send to server: a half-typed line that is\n long enough to wrap, 世界$/,
    );
    await terminal.type("!");
    await terminal.press("Enter");
    await terminal.until((screen) =>
      screen.replaceAll("\n", "").includes(
        'server echoed: "a half-typed line that is long enough to wrap, 世界!"',
      )
    );
  },
);

terminalTest(
  "what is missing is asked for, and a wrong answer explained and asked again",
  async () => {
    await using terminal = await Terminal.open(["server", "--no-log"]);
    await terminal.shows("PORT:");
    await terminal.type("many");
    await terminal.press("Enter");
    await terminal.shows(
      "PORT: many",
      'echo: cannot use PORT "many": a port is a whole number from 0 to 65535',
      "PORT:",
    );
    await terminal.type("0");
    await terminal.press("Enter");
    const started = await terminal.until((screen) => /using port: \d+/.test(screen));
    const [, port] = /using port: (\d+)/.exec(started)!;
    await using client = await Terminal.open(["client"]);
    await client.shows("HOST:");
    await client.type("::1");
    await client.press("Enter");
    await client.shows("HOST: ::1", "PORT:");
    await client.type(port!);
    await client.press("Enter");
    await client.shows("HOST: ::1", `PORT: ${port}`, "client had connected to the server!", PROMPT);
    // The end of its terminal would not stop the server: SIGHUP reopens the log.
    await terminal.type("exit");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.endsWith("exit code 0"));
  },
);

terminalTest("lines that are pasted at once are sent one by one", async () => {
  await using server = await startServer();
  await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
  await terminal.shows("client had connected to the server!", PROMPT);
  await terminal.type("one\rtwo\rquit\r");
  const screen = await terminal.until((screen) => screen.endsWith("exit code 0"));
  assertMatch(screen, /client received message log\.\none\ntwo\nexit code 0$/);
});

terminalTest(
  "pasted lines after one that ends the connection are not lost in silence",
  async () => {
    await using server = await startServer();
    await using terminal = await Terminal.open(["client", "::1", `${server.port}`]);
    await terminal.shows("client had connected to the server!", PROMPT);
    await terminal.type("one\r\rtwo\r");
    const screen = await terminal.until((screen) => screen.includes("exit code"));
    assertMatch(
      screen.replaceAll("\n", " "),
      /echo: cannot send the input after line 2: that line is empty, .* exit code 1/,
    );
  },
);

terminalTest("a terminal without a cursor (TERM=dumb) gets lines and no escapes", async () => {
  await using server = await startServer();
  const how = { env: { TERM: "dumb" } };
  await using terminal = await Terminal.open(["client", "::1", `${server.port}`], how);
  await terminal.shows("client had connected to the server!", PROMPT);
  await terminal.type("hello");
  await terminal.press("Enter");
  await terminal.shows(
    "client had connected to the server!",
    `${PROMPT} hello`,
    `client sending message: "hello"`,
    PROMPT, // it stays where it is, since it cannot be moved
    `server echoed: "hello"`,
    PROMPT,
  );
  await terminal.press("C-d");
  await terminal.until((screen) => screen.endsWith("exit code 0"));
});
