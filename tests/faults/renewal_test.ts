/** SIGHUP: another certificate for new clients, while the old ones live on. */
import { makeAuthority, makeLeaf } from "../../lib/certs/authority.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "../support/assert.ts";
import { Program, type Server, startServer } from "../support/echo.ts";
import { type Entry, readLog } from "../support/logfmt.ts";
import { Peer } from "../support/service.ts";

/** A server whose certificate lies in files that can be replaced. */
interface Renewable extends AsyncDisposable {
  server: Server;
  /** Puts a new certificate in place, and returns the authority that it can be verified with. */
  replace(): Promise<string>;
  /** Puts any text in place. */
  write(name: "cert.pem" | "key.pem", text: string): Promise<void>;
  /** Sends SIGHUP. */
  hangUp(): void;
  /** The authority of the first one. */
  authority: string;
  /** Waits for the `nth` line of this event in the log. */
  logged(event: string, nth?: number): Promise<Entry>;
}

async function start(...options: string[]): Promise<Renewable> {
  const directory = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(`${directory}/${name}`, text);
  const replace = async () => {
    const authority = await makeAuthority(new Date());
    const leaf = await makeLeaf(authority, ["::1"], new Date());
    await write("cert.pem", leaf.cert);
    await write("key.pem", leaf.key);
    return authority.cert;
  };
  const authority = await replace();
  const files = ["--cert", `${directory}/cert.pem`, "--key", `${directory}/key.pem`];
  const log = `${directory}/echo-server.log`;
  const server = await startServer("--log", log, ...files, ...options);
  return {
    server,
    replace,
    write,
    hangUp: () => server.program.signal("SIGHUP"),
    authority,
    async logged(event, nth = 1) {
      for (;;) {
        const found = (await readLog(log)).filter((it) => it.event === event)[nth - 1];
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function echoes(peer: Peer): Promise<void> {
  await peer.say("hello");
  assertEquals((await peer.hear())?.text, "hello");
}

for (const workers of [1, 2]) {
  const name = `${workers} worker(s)`;
  Deno.test(`SIGHUP: new clients get the new certificate, old ones live on: ${name}`, async () => {
    await using renewable = await start("--workers", `${workers}`);
    const { server, authority } = renewable;
    using old = await Peer.connect(server.port, authority, ["echo/1"]);
    await echoes(old);
    const { fingerprint: first } = await renewable.logged("server-start");
    for (let nth = 1; nth <= 3; nth++) {
      const next = await renewable.replace();
      renewable.hangUp();
      const { fingerprint, level } = await renewable.logged("certificate-renewed", nth);
      assertEquals(level, "info");
      assertNotEquals(fingerprint, first);
      for (let i = 0; i < 4; i++) { // the workers take turns as the system likes
        using young = await Peer.connect(server.port, next, ["echo/1"]);
        await echoes(young);
      }
      await assertRejects(() => Peer.connect(server.port, authority, []), Deno.errors.InvalidData);
      await echoes(old);
    }
    old.conn.close();
    server.program.signal("SIGTERM");
    assertEquals([await server.program.code, await server.program.err.text], [0, ""]);
  });
}

Deno.test({
  name: "SIGHUP: what is renewed while the workers start is what they show",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    const [first, next] = await Promise.all([makeAuthority(new Date()), makeAuthority(new Date())]);
    const [old, young] = await Promise.all(
      [first, next].map((authority) => makeLeaf(authority, ["::1"], new Date())),
    );
    const [cert, key] = [`${directory}/cert.pem`, `${directory}/key.pem`];
    const write = (leaf: typeof old) => {
      Deno.writeTextFileSync(cert, leaf!.cert);
      Deno.writeTextFileSync(key, leaf!.key);
    };
    write(old);
    const options = ["--no-log", "--udp", "--workers", "2", "--cert", cert, "--key", key];
    await using program = new Program(["server", "::", "0", ...options]);
    await program.out.find(/^server echoes datagrams/); // that starts at the same time, and sooner
    write(young);
    program.signal("SIGHUP");
    const { 1: port } = await program.out.find(/^server is using port: (\d+)$/);
    for (const end = Date.now() + 10_000;;) { // it has to be read, and to reach each of them
      const seen = await Promise.allSettled(Array.from({ length: 20 }, async () => {
        using peer = await Peer.connect(Number(port), next.cert, ["echo/1"]);
        await echoes(peer);
      }));
      if (seen.every(({ status }) => status === "fulfilled")) break;
      assert(Date.now() < end, "the old one is shown still");
    }
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test("SIGHUP: a bad certificate is refused in a line, and the old one stays", async () => {
  await using renewable = await start();
  const { server, authority } = renewable;
  const other = await makeLeaf(await makeAuthority(new Date()), ["::1"], new Date());
  const broken: [name: "cert.pem" | "key.pem", text: string, why: RegExp][] = [
    ["key.pem", other.key, /key/],
    ["cert.pem", "garbage", /cert\.pem/],
    ["key.pem", "", /key\.pem/],
  ];
  for (const [i, [name, text, why]] of broken.entries()) {
    await renewable.replace();
    await renewable.write(name, text);
    renewable.hangUp();
    const { problem, level } = await renewable.logged("certificate-rejected", i + 1);
    assertMatch(problem!, why);
    assertEquals(level, "warn");
    const { input } = await server.program.err.find(/^echo: /);
    assertEquals(input, `echo: ${problem}; the old certificate stays in use`);
    using peer = await Peer.connect(server.port, authority, ["echo/1"]);
    await echoes(peer);
    peer.conn.close();
  }
  const next = await renewable.replace(); // mended
  renewable.hangUp();
  await renewable.logged("certificate-renewed");
  using peer = await Peer.connect(server.port, next, ["echo/1"]);
  await echoes(peer);
});

Deno.test("SIGHUP: where nothing has changed nothing happens", async () => {
  await using renewable = await start();
  const { server, authority } = renewable;
  renewable.hangUp();
  const next = await renewable.replace();
  renewable.hangUp();
  await renewable.logged("certificate-renewed"); // the first one, read before it, was the old one
  using peer = await Peer.connect(server.port, next, ["echo/1"]);
  await echoes(peer);
  await assertRejects(() => Peer.connect(server.port, authority, []), Deno.errors.InvalidData);
});
