/** A server that would do something to who shows what it says, and says of itself, as it is. */
import { STYLES } from "../../lib/console/style.ts";
import { recvFrame } from "../support/frames.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeBroadcast, encodeCount } from "../../lib/wire/payloads.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { runClient, runProgram } from "../support/echo.ts";
import {
  assertSafe,
  assertSafeLines,
  assertShown,
  FORGED,
  HOSTILE,
  HOSTILE_TEXTS,
  numbered,
} from "../support/hostile.ts";
import { identityFiles } from "../support/identity.ts";
import { Impostor, showing } from "../support/impostor.ts";
import { readLog } from "../support/logfmt.ts";
import { der, folder, selfSigned } from "../support/odd_certs.ts";
import { testIdentity } from "../support/pairs.ts";
import { concat, utf8 } from "../support/sources.ts";

const COUNT = HOSTILE.length;
const [NOTICES, BROADCASTS, HISTORY] = [0, 1, 2].map((part) =>
  numbered([...HOSTILE, ...HOSTILE, ...HOSTILE]).slice(part * COUNT, (part + 1) * COUNT)
) as [Uint8Array[], Uint8Array[], Uint8Array[]];

/** One who connected to the server. */
interface Guest {
  /** Says bytes as they are. */
  say(...bytes: Uint8Array[]): Promise<void>;
  /** What they say next, as text. */
  hear(): Promise<string>;
}

/** A server with a certificate that clients trust with `ca`. */
interface Host extends AsyncDisposable {
  port: number;
  ca: string;
}

/** Does `script` with everybody who connects, and closes. */
async function host(script: (guest: Guest) => Promise<void>): Promise<Host> {
  const { cert, key } = await testIdentity();
  const files = await identityFiles();
  const tls = { cert, key, alpnProtocols: ["echo/1"] };
  const listener = Deno.listenTls({ hostname: "::1", port: 0, ...tls });
  const accepted = (async () => {
    for await (const conn of listener) {
      const reader = new ByteReader(conn);
      const say = async (...bytes: Uint8Array[]) => {
        const all = concat(...bytes);
        for (let sent = 0; sent < all.length;) sent += await conn.write(all.subarray(sent));
      };
      const hear = async () => new TextDecoder().decode((await recvFrame(reader))?.payload);
      await script({ say, hear }).then(() => conn.closeWrite()).catch(() => {}); // it left
      while (await reader.fill(1).catch(() => false)) reader.discard(reader.available);
      conn.close();
    }
  })();
  return {
    port: listener.addr.port,
    ca: files.ca,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepted;
      await files[Symbol.asyncDispose]();
    },
  };
}

/** Says all that a server can say. */
async function chatter({ say, hear }: Guest): Promise<void> {
  await say(...NOTICES.map((it) => encodeMsg(Kind.notice, it)));
  for (const [i, message] of BROADCASTS.entries()) {
    await say(encodeMsg(Kind.broadcast, encodeBroadcast(HOSTILE[i]!, message)));
  }
  await say(encodeMsg(Kind.text, utf8(await hear())));
  await hear();
  await say(encodeMsg(Kind.history, encodeCount(COUNT)));
  await say(...HISTORY.map((it) => encodeMsg(Kind.text, it)));
}

for (const style of Object.keys(STYLES)) {
  Deno.test(`a hostile server in style ${style}: shown and logged in a line each`, async () => {
    await using server = await host(chatter);
    const log = `${server.ca}.log`;
    const args = ["::1", `${server.port}`, "--ca", server.ca, "--style", style, "--log", log];
    const { code, out, err } = await runClient(args, "hello\nquit\n");
    assertEquals([code, err], [0, ""]);
    const entries = await readLog(log);
    assertSafeLines(await Deno.readTextFile(log));
    for (const name of ["notice", "broadcast", "history-message"]) {
      assertEquals(entries.filter(({ event }) => event === name).length, COUNT);
    }
    if (style !== "json") {
      return assertShown(out, 0, 3 * COUNT, style === "quiet" ? 0 : 1);
    }
    assertSafeLines(out);
    const events = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(events.length, 3 * COUNT + 6);
  });
}

/** All of it at once. */
const EVERYTHING = concat(...HOSTILE);

for (
  const [name, args, env] of [
    ["client", [], {}],
    ["client", ["--json"], {}],
    ["client", [], { ECHO_DEBUG: "1" }],
    ["bench", ["--duration", "1s"], {}],
    ["bench", ["--duration", "1s"], { ECHO_DEBUG: "1" }],
  ] as [string, string[], Record<string, string>][]
) {
  const how = [name, ...args, ...Object.keys(env)].join(" ");
  Deno.test(`a hostile error is told in one line: ${how}`, async () => {
    await using server = await host(async ({ say, hear }) => {
      await hear();
      await say(encodeMsg(Kind.error, concat(Uint8Array.of(0, 1), EVERYTHING)));
    });
    const words = [name, "::1", `${server.port}`, "--ca", server.ca, ...args];
    const { code, out, err } = await runProgram(words, "hello\n", { env });
    assert(code === 3 || code === 5, `exit code ${code}`);
    assertSafeLines(out);
    const [line, ...trace] = err.split("\n");
    assertSafe(line!);
    assertMatch(line!, /^echo: (lost|cannot rely on) /);
    if (env.ECHO_DEBUG === undefined) assertEquals(trace, []);
    assert(!trace.some((it) => it.startsWith(FORGED)), err);
    assertSafeLines(err);
  });
}

Deno.test("a hostile echo is told in one line: exit code 5", async () => {
  await using server = await host(async ({ say, hear }) => {
    await hear();
    await say(encodeMsg(Kind.text, EVERYTHING));
  });
  const words = ["::1", `${server.port}`, "hello", "--ca", server.ca];
  const { code, out, err } = await runClient(words);
  assertEquals(code, 5);
  assertSafeLines(out);
  assertSafe(err);
});

const LINES = numbered(HOSTILE.filter((it) => !it.includes(0x0a)));

for (
  const [dialect, said] of [
    ["raw", numbered(HOSTILE)],
    ["lines", LINES.map((it) => concat(it, utf8("\n")))],
  ] as const
) {
  Deno.test(`a hostile server without TLS: shown in a line, dialect ${dialect}`, async () => {
    using listener = Deno.listen({ hostname: "::1", port: 0 });
    const talking = listener.accept().then(async (conn) => {
      while (await conn.read(new Uint8Array(1024)) !== null);
      await conn.write(concat(...said));
      conn.close();
    });
    const words = ["::1", `${listener.addr.port}`, "--plain", "-b", "--dialect", dialect];
    const { code, out, err } = await runClient(words);
    assertEquals([code, err], [0, ""]);
    assertShown(out, 0, said.length, 1);
    await talking;
  });
}

/** The names that a certificate can have: ASCII. */
const NAMES = Object.values(HOSTILE_TEXTS).filter((text) => /^[\0-\x7f]*$/.test(text));

Deno.test("hostile names in a certificate: exit code 4, one line", async () => {
  await using dir = await folder();
  const { cert } = await selfSigned({ names: NAMES, name: [{ CN: [NAMES.join(" ")] }] });
  const ca = await dir.put("ca", cert);
  await using server = new Impostor(showing(der(cert)));
  const env = { XDG_DATA_HOME: dir.path };
  const reached = ["::1", `${server.port}`];
  for (
    const words of [
      ["client", ...reached, "hi"],
      ["client", ...reached, "hi", "--ca", ca],
      ["client", ...reached, "hi", "--ca", ca, "--server-name", "other.example"],
      ["client", ...reached, "hi", "--pin", `SHA256:${"A".repeat(43)}`],
      ["cert", "trust", ...reached],
      ["bench", ...reached, "--ca", ca],
    ]
  ) {
    const { code, out, err } = await runProgram(words, "", { env });
    assertEquals([code, out], [4, ""]);
    assertSafe(err);
    assertEquals(err.includes(FORGED), words.includes("--server-name"), err); // those it has
  }
});
