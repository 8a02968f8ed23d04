/** Messages that would do something to who shows them as they are. */
import { type StyleName, STYLES } from "../../lib/console/style.ts";
import { openDatagram } from "../../lib/net/datagram.ts";
import { delay } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { ByteReader, recvN } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { Program, startServer } from "../support/echo.ts";
import {
  assertSafeLines,
  assertShown,
  FORGED,
  HOSTILE,
  HOSTILE_TEXTS,
  numbered,
} from "../support/hostile.ts";
import { identityFiles } from "../support/identity.ts";
import { type Entry, parseLine, readLog } from "../support/logfmt.ts";
import { folder } from "../support/odd_certs.ts";
import { testIdentity } from "../support/pairs.ts";
import { Peer } from "../support/service.ts";
import { concat, utf8 } from "../support/sources.ts";
import { hasTmux, Terminal } from "../support/terminal.ts";

/** What a peer says, and what is typed into a client: a line of its own cannot have a line's end. */
const ALL = numbered([...HOSTILE, ...HOSTILE, ...HOSTILE.filter((it) => !it.includes(0x0a))]);
const SAID = ALL.slice(0, 2 * HOSTILE.length);
const TYPED = ALL.slice(SAID.length);
const WELCOME = `#999# \x1b[2J\u202e\n${FORGED}`;
const LAST = asLogged(SAID.at(-1)!);

/** Waits for a line in a log: a style may say nothing of it. */
async function logged(path: string, wanted: (entry: Entry) => boolean): Promise<Entry> {
  for (;; await delay(20)) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
    const found = whole.map(parseLine).find(wanted);
    if (found !== undefined) return found;
  }
}

/** What a log has of a message: its text, or the first bytes of what is not UTF-8. */
function asLogged(message: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(message);
  } catch {
    return message.subarray(0, 32).toHex();
  }
}

/** What a log has of the messages of one event, in their order, all of whose lines can be shown. */
async function textsOf(path: string, event: string): Promise<string[]> {
  assertSafeLines(await Deno.readTextFile(path));
  return (await readLog(path)).filter((entry) => entry.event === event).map(({ text, hex }) =>
    text ?? hex!
  );
}

/** Every line is an event; returns the messages of those with this name. */
function payloadsInJson(output: string, event: string): Uint8Array[] {
  const events = output.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return events.filter((it) => it.event === event).map(({ text, base64 }) =>
    base64 === undefined ? utf8(text) : Uint8Array.fromBase64(base64)
  );
}

/** A server with a log, a client that listens to it with a log of its own, and a peer. */
interface Scene extends AsyncDisposable {
  server: Program;
  port: string;
  ca: string;
  log: string;
  listener: Program;
  listenerLog: string;
  peer: Peer;
}

async function stage(style: string): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await identityFiles());
  const [log, listenerLog] = [`${files.ca}.log`, `${files.ca}.listener.log`];
  const shown = ["--style", style, "--log"];
  const server = stack.use(
    new Program([
      ...["server", "::1", "0", "-b", "--welcome", WELCOME],
      ...[...shown, log, ...files.options],
    ]),
  );
  const { port } = await logged(log, ({ event }) => event === "server-start");
  const listener = stack.use(
    new Program(["client", "::1", port!, ...shown, listenerLog, "--ca", files.ca]),
  );
  await listener.type("hello\n");
  await logged(listenerLog, ({ event }) => event === "echoed"); // it is in the room
  const peer = stack.use(
    await Peer.connect(Number(port), (await testIdentity()).authority, ["echo/1"]),
  );
  assertEquals(await peer.receive(), { kind: Kind.notice, payload: utf8(WELCOME) });
  const all = stack.move();
  return {
    ...{ server, port: port!, ca: files.ca, log, listener, listenerLog, peer },
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

/** How many lines each style has of a message: at the server, of another's, of one's own. */
const LINES: Record<StyleName, [server: number, others: number, own: number]> = {
  transcript: [1, 1, 3], // sending, its echo, the history
  banner: [1, 1, 2],
  python: [0, 1, 2],
  plus: [1, 1, 2],
  json: [1, 1, 3], // some in base64
  quiet: [0, 0, 0],
};

for (const [style, [server, others, own]] of Object.entries(LINES)) {
  Deno.test(`hostile messages in style ${style}: echoed as they are, shown and logged in a line each`, async () => {
    await using scene = await stage(style);
    const { listener, peer } = scene;
    for (const [i, message] of SAID.entries()) {
      const kind = i % 2 === 0 ? Kind.text : Kind.bytes;
      await peer.send(encodeMsg(kind, message));
      assertEquals(await peer.receive(), { kind, payload: message });
    }
    await logged(
      scene.listenerLog,
      ({ event, text, hex }) => event === "broadcast" && (text ?? hex) === LAST,
    );
    for (const line of TYPED) await listener.type(concat(line, utf8("\n")));
    await listener.type("quit\n");
    assertEquals([await listener.code, await listener.err.text], [0, ""]);
    peer.conn.close();
    scene.server.signal("SIGTERM");
    assertEquals([await scene.server.code, await scene.server.err.text], [0, ""]);

    const [seen, heard] = [await scene.server.out.text, await listener.out.text];
    if (style === "json") {
      assertSafeLines(seen + heard);
      assertEquals(payloadsInJson(seen, "message").slice(1), ALL);
      assertEquals(payloadsInJson(heard, "broadcast"), SAID);
      assertEquals(payloadsInJson(heard, "history-message").slice(1), TYPED);
    } else {
      assertShown(seen, 0, ALL.length, server);
      assertShown(heard, 0, SAID.length, others);
      assertShown(heard, SAID.length, ALL.length, own);
    }
    assertEquals((await textsOf(scene.log, "message")).slice(1), ALL.map(asLogged));
    assertEquals(await textsOf(scene.listenerLog, "broadcast"), SAID.map(asLogged));
    assertEquals((await textsOf(scene.listenerLog, "echoed")).slice(1), TYPED.map(asLogged));
  });
}

Deno.test("hostile lines without TLS: echoed as they are, shown and logged in a line each", async () => {
  await using dir = await folder();
  const log = `${dir.path}/log`;
  const plain = ["--plain", "--dialect", "lines"];
  await using server = await startServer("--log", log, "-b", ...plain);
  await using listener = server.client(...plain, "-b");
  await listener.type("hello\n");
  await listener.out.find(/^server echoed/);
  using conn = await Deno.connect({ hostname: "::1", port: server.port });
  const reader = new ByteReader(conn);
  const lines = numbered(HOSTILE.filter((it) => !it.includes(0x0a)));
  for (const line of lines) {
    await conn.write(concat(line, utf8("\n")));
    assertEquals(await recvN(reader, line.length + 1), concat(line, utf8("\n")));
  }
  await listener.out.find(new RegExp(`#${lines.length - 1}# `));
  conn.close();
  await listener.endInput();
  assertEquals(await listener.code, 0);
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  assertShown(await server.program.out.text, 0, lines.length, 1);
  assertShown(await listener.out.text, 0, lines.length, 1);
  assertSafeLines(await server.program.err.text + await listener.err.text);
  assertEquals((await textsOf(log, "message")).slice(1), lines.map(asLogged));
});

Deno.test("hostile bytes to a server that echoes them raw: one line for what one read brings", async () => {
  await using dir = await folder();
  const log = `${dir.path}/log`;
  await using server = await startServer("--log", log, "--plain");
  using conn = await Deno.connect({ hostname: "::1", port: server.port });
  const all = concat(...numbered(HOSTILE));
  await conn.write(all);
  assertEquals(await recvN(new ByteReader(conn), all.length), all);
  conn.close();
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  assertSafeLines(await server.program.out.text);
  const forged = (await server.program.out.text).split("\n").filter((it) => it.startsWith(FORGED));
  assertEquals(forged, []);
  assertEquals((await textsOf(log, "message")).join(""), asLogged(all));
});

for (const style of Object.keys(STYLES)) {
  Deno.test(`hostile datagrams in style ${style}: shown and logged in a line each`, async () => {
    await using dir = await folder();
    const log = `${dir.path}/log`;
    const args = ["server", "::1", "0", "--plain", "--udp", "--style", style, "--log", log];
    await using server = new Program(args);
    const { port } = await logged(log, ({ event }) => event === "udp-start");
    using socket = openDatagram("::1");
    const datagrams = numbered(HOSTILE);
    for (const datagram of datagrams) {
      await socket.send(datagram, { hostname: "::1", port: Number(port) });
      assertEquals((await socket.receive()).bytes, datagram);
    }
    server.signal("SIGTERM");
    assertEquals(await server.code, 0);
    const shown = await server.out.text;
    if (style === "json") {
      assertSafeLines(shown);
      assertEquals(payloadsInJson(shown, "datagram"), datagrams);
    } else assertShown(shown, 0, datagrams.length, LINES[style as StyleName][0]);
    assertEquals(await textsOf(log, "datagram"), datagrams.map(asLogged));
  });
}

Deno.test("hostile ALPN: the handshake fails, in one line of the log", async () => {
  await using dir = await folder();
  const log = `${dir.path}/log`;
  const { authority } = await testIdentity();
  await using server = await startServer("--log", log);
  for (const name of Object.values(HOSTILE_TEXTS)) {
    const offered = ["echo/1\n", name];
    await assertRejects(() => Peer.connect(server.port, authority, offered), Error);
  }
  const count = Object.values(HOSTILE_TEXTS).length;
  const failures = async () =>
    (await readLog(log)).filter(({ event }) => event === "connection-failed").length;
  while (await failures() < count); // a client has its alert before the log has its line
  server.program.signal("SIGTERM");
  assertEquals(await server.program.code, 0);
  assertSafeLines(await server.program.out.text + await server.program.err.text);
  const entries = await readLog(log);
  const details = entries.flatMap(({ event, detail }) =>
    event === "connection-failed" ? [detail] : []
  );
  assertEquals(
    details,
    Object.values(HOSTILE_TEXTS).map(() => "the client offered another protocol"),
  );
});

const terminalTest = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: hasTmux ? name : `${name} (skipped: tmux is missing)`, ignore: !hasTmux, fn });

terminalTest(
  "hostile messages on a real terminal: nothing is cleared, covered, named or asked",
  async () => {
    await using scene = await stage("quiet");
    const args = ["client", "::1", `${scene.port}`, "--ca", scene.ca];
    await using terminal = await Terminal.open(args, { columns: 150, rows: 60 });
    const prompt = "enter a message to send to server:";
    await terminal.until((screen) => screen.endsWith(prompt));
    await terminal.type("half-typed");
    const messages = SAID.slice(0, HOSTILE.length);
    for (const message of messages) await scene.peer.send(encodeMsg(Kind.text, message));
    const last = `#${messages.length - 1}# `;
    const screen = await terminal.until((screen) =>
      screen.includes(last) && screen.endsWith(`${prompt} half-typed`)
    );
    assertShown(screen, 0, messages.length, 1);
    assertMatch(screen, /^client had connected to the server!$/m);
    assert(!(await terminal.title()).includes(FORGED));
  },
);
