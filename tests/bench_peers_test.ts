import { type Case, CASES, measure, startServer } from "../bench/measure.ts";
import { start } from "../bench/process.ts";
import { compileLoad, peers, type Place } from "../bench/servers.ts";
import { compile, freePort, identity, prepare } from "../bench/workshop.ts";
import { equals } from "../lib/std.ts";
import { assert, assertEquals } from "./support/assert.ts";
import { concat } from "./support/sources.ts";

const directory = await Deno.makeTempDir();
const { authority, ...certificate } = await identity(directory);
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

for (const peer of peers) {
  const missing = await prepare(peer, directory);
  // ncat forgets what it has not echoed yet when the client ends, and stalls once its pipes are full.
  const [what, size] = peer.name === "ncat"
    ? ["echoes 1 KiB exactly", 1024]
    : ["echoes 1 MiB exactly and answers a half-close", 1024 * 1024] as const;
  Deno.test({
    name: `${peer.name} ${what}${skipped(missing)}`,
    ignore: missing !== null,
    async fn() {
      const place = newPlace();
      await using _server = await startServer(peer.command(place), place.port);
      const sent = randomBytes(size);
      const halfClose = peer.name !== "ncat";
      assert(equals(await echoOf(sent, place.port, halfClose), sent), "not what was sent");
    },
  });
}

const limit = peers.at(-1)!;
const missing = await compile(compileLoad(directory)) ?? await prepare(limit, directory);

for (const kind of CASES) {
  Deno.test({
    name: `the load generator measures ${kind.title}${skipped(missing)}`,
    ignore: missing !== null,
    async fn() {
      const brief: Case = { ...kind, load: [2, kind.load[1], kind.load[2]], oneCore: false };
      const result = await measure(limit, brief, { warmup: 0.01, seconds: 0.1 }, newPlace());
      assertEquals(Object.values(result).filter((it) => !(it > 0) && it !== result.memory), []);
      assertEquals(result.memory !== undefined, kind.mode === "idle");
    },
  });
}

Deno.test({
  name: `the load generator ends when what comes back is not what was sent${skipped(missing)}`,
  ignore: missing !== null,
  async fn() {
    const cert = await Deno.readTextFile(certificate.cert);
    const key = await Deno.readTextFile(certificate.key);
    using listener = Deno.listenTls({ hostname: "::1", port: 0, cert, key });
    const liar = listener.accept().then(async (conn) => {
      const bytes = new Uint8Array(64);
      const count = await conn.read(bytes);
      bytes[count! - 1]! ^= 1;
      await conn.write(bytes.subarray(0, count!));
      await conn.read(bytes).catch(() => {}); // it leaves without a word
      conn.close();
    });
    const words = ["::1", listener.addr.port, 1, 64, 1, 10, 0].map(String);
    const piped = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const load = start([`${directory}/load`, ...words], piped);
    const { code, stderr } = await load.output();
    await liar;
    const said = new TextDecoder().decode(stderr);
    assertEquals([code, said], [1, "load: what came back is not what was sent\n"]);
  },
});

function skipped(missing: string | null): string {
  return missing === null ? "" : ` (${missing})`;
}

function newPlace(): Place {
  return { ...certificate, directory, port: freePort() };
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  // The system gives at most so many at once.
  for (let at = 0; at < count; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** Sends all of it, and reads to the clean end that a half-close is answered with, or as much. */
async function echoOf(bytes: Uint8Array, port: number, halfClose: boolean): Promise<Uint8Array> {
  using conn = await Deno.connectTls({ hostname: "::1", port, caCerts: [authority] });
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    const buffer = new Uint8Array(65536);
    for (let left = bytes.length; halfClose || left > 0;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      pieces.push(buffer.slice(0, count));
      left -= count;
    }
  })();
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
  if (halfClose) await conn.closeWrite();
  await reading;
  return concat(...pieces);
}
