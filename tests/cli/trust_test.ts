import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import { fingerprintOf } from "../../lib/certs/fingerprint.ts";
import { derOf } from "../../lib/certs/pem.ts";
import { isLoopback } from "../../lib/text/ip.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { printedCall, Program, runClient, runProgram } from "../support/echo.ts";
import { Front } from "../support/front.ts";
import { type Folder, folder, selfSigned } from "../support/odd_certs.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";
import { hello, startUnknown } from "../support/unknown_server.ts";
import { hasTool, startOpenssl } from "../support/tools.ts";

const NO_KEY = `SHA256:${"A".repeat(43)}`;

function known({ path }: Folder): Promise<string> {
  return Deno.readTextFile(`${path}/echo/known_hosts`).catch(() => "");
}

/** A test in a real terminal; skipped where tmux is missing. */
function terminalTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: hasTmux ? name : `${name} (skipped: tmux is missing)`, ignore: !hasTmux, fn });
}

Deno.test("from a pipe an unknown server is exit code 4, and the hint is the command that works", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  const { code, out, err } = await hello(dir, server.port);
  assertEquals([code, out, await known(dir)], [4, "", ""]);
  const command = `${printedCall("client")} ::1 ${server.port} --pin ${server.key}`;
  assertEquals(
    err,
    `echo: cannot connect to ::1 port ${server.port}: it is not known, and standard input ` +
      `is not a terminal, so there is no question; if this is the fingerprint that the server prints: ${command}`,
  );
  const words = ["client", ...command.split(" client ")[1]!.split(" ")];
  const env = { XDG_DATA_HOME: dir.path };
  assertEquals((await runProgram([...words, "hello"], "", { env })).code, 0);
});

Deno.test("what --pin accepts is kept: from then on there is no question", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  for (const options of [["--pin", server.key], [], ["--pin", `${server.key}=`]]) {
    const { code, out, err } = await hello(dir, server.port, ...options);
    assertEquals([code, out, err], [0, "hello", ""]);
  }
  assertStringIncludes(await known(dir), `[::1]:${server.port} ${server.key} `);
  // By another address it is another server, and for another user nobody's.
  await using other = await folder();
  assertEquals((await hello(other, server.port)).code, 4);
});

Deno.test("a known server is known by its key alone, whatever its names, and self-signed too", async () => {
  for (const kind of ["P-256", "Ed25519", "RSA"] as const) {
    await using dir = await folder();
    await using server = await startUnknown(dir, { pair: await selfSigned({ kind }) });
    assertEquals((await hello(dir, server.port, "--pin", server.key)).code, 0);
    assertEquals((await hello(dir, server.port)).code, 0);
  }
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["localhost", "192.0.2.7"], new Date());
  await using server = await startUnknown(dir, { pair: leaf });
  assertEquals((await hello(dir, server.port, "--pin", server.key)).code, 0);
});

Deno.test("a pin of another key: exit code 4, both fingerprints, and nothing kept", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  const { code, out, err } = await hello(dir, server.port, "--pin", NO_KEY);
  assertEquals([code, out, await known(dir)], [4, "", ""]);
  assertEquals(
    err,
    `echo: cannot connect to ::1 port ${server.port}: its key is a different one, or another ` +
      `host is in between: ${server.key}, not ${NO_KEY}; compare with the output of ` +
      `"${printedCall("cert")} show" on the server`,
  );
});

Deno.test("a key that has changed is refused, and accepted with the command in the hint", async () => {
  await using dir = await folder();
  await using before = await startUnknown(dir);
  await using after = await startUnknown(dir);
  await using front = new Front([before.port, before.port, after.port]);
  assertEquals((await hello(dir, front.port, "--pin", before.key)).code, 0);
  const kept = await known(dir);
  const { code, out, err } = await hello(dir, front.port);
  assertEquals([code, out, await known(dir)], [4, "", kept]);
  assertEquals(
    err,
    `echo: cannot connect to ::1 port ${front.port}: ITS KEY HAS CHANGED, or another host is ` +
      `in between: it was ${before.key} and is ${after.key}; only if that is the fingerprint that the ` +
      `server prints: ${printedCall("client")} ::1 ${front.port} --pin ${after.key}`,
  );
  assertEquals((await hello(dir, front.port, "--pin", after.key)).code, 0);
  assertEquals((await hello(dir, front.port)).code, 0);
});

Deno.test("who comes in between the look and the connection is refused, and nothing is kept", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  await using impostor = await startUnknown(dir);
  await using front = new Front([server.port, impostor.port]);
  const { code, out, err } = await hello(dir, front.port, "--pin", server.key);
  assertEquals([code, out, await known(dir)], [4, "", ""]);
  assertStringIncludes(err, `it showed the key ${server.key}, but this connection has another one`);
  assertEquals(front.count, 2);
});

Deno.test("who has the certificate of a server and not its key is refused", async () => {
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const leaf = await makeLeaf(authority, ["localhost"], new Date());
  const cert = await dir.put("leaf.pem", leaf.cert);
  const key = await dir.put("leaf-key.pem", leaf.key);
  const pin = fingerprintOf(derOf(leaf.cert));
  // In TLS 1.2 one in between can be shown to put another key for the session in: it is signed.
  if (!hasTool("openssl")) return;
  const options = ["-tls1_2", "-cert", cert, "-key", key];
  await using server = await startOpenssl(...options);
  let spoilt = 0;
  await using front = new Front([server.port], (bytes, count) => {
    if (count === 1) return; // the look
    const at = keyExchangeIn(bytes);
    if (at === null) return;
    bytes[at + 10]! ^= 1;
    spoilt++;
  });
  const { code, err } = await hello(dir, front.port, "--pin", pin);
  assertEquals([code, spoilt, await known(dir)], [4, 1, ""]);
  assertStringIncludes(err, "its certificate's signature is wrong");
});

/** Where the key of the session begins in a flight of TLS 1.2, or null. */
function keyExchangeIn(flight: Uint8Array): number | null {
  const SERVER_KEY_EXCHANGE = 12, HANDSHAKE = 22;
  for (let at = 0; at + 5 < flight.length && flight[at] === HANDSHAKE;) {
    if (flight[at + 5] === SERVER_KEY_EXCHANGE) return at + 9;
    at += 5 + (flight[at + 3]! << 8 | flight[at + 4]!);
  }
  return null;
}

Deno.test("a certificate that cannot be verified by its key is not pinned, and why is said", async () => {
  await using dir = await folder();
  const pair = await selfSigned({ issuer: await selfSigned({ authority: true, name: "CN=root" }) });
  await using server = await startUnknown(dir, { pair });
  const { code, err } = await hello(dir, server.port, "--pin", server.key);
  assertEquals([code, await known(dir)], [4, ""]);
  assertStringIncludes(
    err,
    "its certificate does not allow it: it is signed with another key than",
  );
});

Deno.test("a server is pinned whatever names its certificate has", async () => {
  await using dir = await folder();
  const pair = await makeLeaf(await makeAuthority(new Date()), ["echo.example"], new Date());
  await using server = await startUnknown(dir, { pair });
  const { code, out } = await hello(dir, server.port, "--pin", server.key);
  assertEquals([code, out], [0, "hello"]);
});

Deno.test("the look at a certificate is no client: a server with --once serves the one after it", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir, { options: ["--once"] });
  const { code, out } = await hello(dir, server.port, "--pin", server.key);
  assertEquals([code, out], [0, "hello"]);
  assertEquals(await server.program.code, 0);
});

Deno.test("known hosts that cannot be kept cost a line, and not the conversation", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  const env = { XDG_DATA_HOME: await dir.put("file", "") };
  const args = ["::1", `${server.port}`, "hello", "--style", "banner", "--pin", server.key];
  const { code, out, err } = await runClient(args, "", { env });
  assertEquals([code, out], [0, "hello"]);
  assertMatch(
    err,
    /^echo: cannot write ".*\/file\/echo\/known_hosts": .*; the server stays unknown$/,
  );
});

Deno.test("Ctrl-C ends a client that waits for the lock on known hosts", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  await Deno.mkdir(`${dir.path}/echo`);
  using lock = await Deno.open(`${dir.path}/echo/.lock`, { create: true, write: true });
  await lock.lock(true);
  const args = ["client", "::1", `${server.port}`, "hello", "--pin", server.key];
  await using client = new Program(args, { env: { XDG_DATA_HOME: dir.path } });
  await server.program.out.find(/^server connected to client/);
  client.signal("SIGINT");
  assertEquals([await client.code, await client.out.text, await client.err.text], [130, "", ""]);
});

Deno.test("--server-name is the name that is verified, instead of HOST", async () => {
  await using dir = await folder();
  const authority = await makeAuthority(new Date());
  const ca = await dir.put("ca.pem", authority.cert);
  const pair = await makeLeaf(authority, ["echo.example", "192.0.2.7"], new Date());
  await using server = await startUnknown(dir, { pair });
  for (const name of ["echo.example", "192.0.2.7"]) {
    const { code, out } = await hello(dir, server.port, "--ca", ca, "--server-name", name);
    assertEquals([code, out], [0, "hello"]);
  }
  for (const options of [[], ["--server-name", "other.example"]]) {
    const { code, err } = await hello(dir, server.port, "--ca", ca, ...options);
    assertEquals(code, 4);
    assertStringIncludes(err, "its certificate is for another name");
  }
});

Deno.test("a wrong --pin, or one beside --ca or --server-name, is exit code 2", async () => {
  await using dir = await folder();
  for (
    const [options, line] of [
      [
        ["--pin", "SHA256:short"],
        'cannot use --pin "SHA256:short": it takes SHA256: and 43 characters, as the server prints it',
      ],
      [
        ["--pin", NO_KEY, "--ca", "x"],
        "cannot use --pin with --ca: a pin identifies the server by its key, whatever its name and authority",
      ],
      [
        ["--pin", NO_KEY, "--server-name", "x"],
        "cannot use --pin with --server-name: a pin identifies the server by its key, whatever its name and authority",
      ],
    ] as const
  ) {
    const { code, err } = await hello(dir, 1, ...options);
    assertEquals([code, err.split("\n")[0]], [2, `echo: ${line}`]);
  }
});

Deno.test("a server that others can reach says how on standard error; in json its start has the key", async () => {
  await using dir = await folder();
  const pair = await selfSigned();
  const cert = await dir.put("self.pem", pair.cert);
  const key = await dir.put("self-key.pem", pair.key);
  const own = ["--cert", cert, "--key", key, "--no-log"];
  const fingerprint = fingerprintOf(derOf(pair.cert));
  {
    await using server = new Program(["server", "0", ...own]);
    await server.out.find(/^server is using port: (\d+)$/);
    await server.type("exit\n");
    assertEquals(await server.err.text, ""); // nobody reads it there
  }
  await using server = new Program(["server", "0", ...own, "--json"]);
  const start = JSON.parse(await server.out.next() ?? "");
  assertEquals([start.event, start.fingerprint], ["server-start", fingerprint]);
  await server.type("exit\n");
  assertEquals([await server.code, await server.err.text], [0, ""]);
});

terminalTest(
  "at a terminal the server says what to type on another computer, after its own lines",
  async () => {
    await using dir = await folder();
    const pair = await selfSigned();
    const cert = await dir.put("self.pem", pair.cert);
    const key = await dir.put("self-key.pem", pair.key);
    const args = ["server", "0", "--cert", cert, "--key", key, "--no-log", "--dialect", "lines"];
    await using terminal = await Terminal.open(args, { columns: 200 });
    const screen = await terminal.until((screen) => /port: \d+/.test(screen));
    const [, address, port] = /^server is at address: (.*)\nserver is using port: (\d+)/.exec(
      screen,
    )!;
    if (isLoopback(address!)) return; // there is no other computer
    const fingerprint = fingerprintOf(derOf(pair.cert));
    const words = `${address} ${port} --pin ${fingerprint} --dialect lines`;
    const hint = `on another computer: ${printedCall("client")} ${words}`;
    // Below the lines of the assignment; the certificate of the test ends soon, and that is said.
    await terminal.until((screen) => screen.endsWith(hint));
  },
);

terminalTest("a person is asked, and yes is kept", async () => {
  await using dir = await folder();
  await using server = await startUnknown(dir);
  const env = { XDG_DATA_HOME: dir.path };
  const args = ["client", "::1", `${server.port}`];
  {
    await using terminal = await Terminal.open(args, { env, columns: 100 });
    const question = "Are you sure you want to continue connecting (yes/no/[fingerprint])?";
    const asked = [
      `The server at ::1 port ${server.port} is not known. The fingerprint of its key is`,
      server.key,
      `The server prints it when it starts; so does "${printedCall("cert")} show" on the server.`,
    ];
    await terminal.shows(...asked, question);
    await terminal.type("maybe");
    await terminal.press("Enter");
    await terminal.shows(...asked, `${question} maybe`, question);
    await terminal.type("yes");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.endsWith("enter a message to send to server:"));
    await terminal.type("quit");
    await terminal.press("Enter");
    await terminal.until((screen) => screen.endsWith("exit code 0"));
  }
  await using again = await Terminal.open(args, { env });
  await again.shows("client had connected to the server!", "enter a message to send to server:");
});

terminalTest(
  "no, the end of input, Ctrl-C and another fingerprint do not trust; the same one does",
  async () => {
    await using dir = await folder();
    await using server = await startUnknown(dir);
    const env = { XDG_DATA_HOME: dir.path };
    const asked = (screen: string) => screen.endsWith("(yes/no/[fingerprint])?");
    for (
      const [answer, code, said] of [
        ["no", 4, "you do not trust it"],
        ["C-d", 4, "you do not trust it"],
        ["C-c", 130, ""],
        [NO_KEY, 4, "another host is"],
        [server.key, 0, 'server echoed: "hi"'],
      ] as const
    ) {
      await using terminal = await Terminal.open(["client", "::1", `${server.port}`, "hi"], {
        env,
        columns: 120,
      });
      await terminal.until(asked);
      if (answer.startsWith("C-")) await terminal.press(answer);
      else {
        await terminal.type(answer);
        await terminal.press("Enter");
      }
      const screen = await terminal.until((screen) => /\nexit code \d+$/.test(screen));
      assert(screen.endsWith(`\nexit code ${code}`) && screen.includes(said), screen);
      assertEquals((await known(dir)) !== "", code === 0);
    }
  },
);
