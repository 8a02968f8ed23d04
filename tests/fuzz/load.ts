/**
 * The mixed load of a soak: clients that stay, clients that come and go, and a few that annoy. Every
 * byte that comes back is compared.
 *
 * @module
 */
import { delay, equals } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeCount } from "../../lib/wire/payloads.ts";
import { Random } from "../support/random.ts";
import { concat, utf8 } from "../support/sources.ts";
import { closeFrame, frameOf, type RawFrame, upgradeRequest } from "../support/websocket.ts";
import { converse, type Servers } from "./conversation.ts";
import type { DialectName } from "./traffic.ts";

/** What has come back so far. */
export interface Totals {
  connections: number;
  messages: number;
  bytes: number;
}

/** What each part of the load is given. */
export interface Field {
  /** Whom to talk to. */
  servers: Servers;
  /** What to add to. */
  totals: Totals;
  /** Aborted when it is enough: every client finishes what it has begun. */
  enough: AbortSignal;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** One after the other, until it is enough; between two it waits a random time, in milliseconds. */
async function again({ enough }: Field, pause: number, random: Random, job: () => Promise<void>) {
  while (!enough.aborted) {
    await job();
    await delay(random.between(0, 2 * pause), { signal: enough }).catch(() => {});
  }
}

/** A connection whose echoes are expected. */
class Talker {
  readonly #conn: Deno.Conn;
  readonly #over: DialectName;
  readonly #field: Field;
  readonly #piece: Uint8Array;
  #messages = 0;
  #bytes = 0;

  private constructor(conn: Deno.Conn, over: DialectName, field: Field, atOnce: number) {
    this.#conn = conn;
    this.#over = over;
    this.#field = field;
    this.#piece = new Uint8Array(atOnce);
  }

  /** Connects; `atOnce` is how many bytes are read at a time. */
  static async connect(over: DialectName, field: Field, atOnce = 64 * KIB): Promise<Talker> {
    return new Talker(await field.servers.connect(over), over, field, atOnce);
  }

  /** Says messages in one write and takes their echoes, waiting `pause` before each read. */
  async say(
    messages: Uint8Array[],
    payload: number,
    pause = 0,
    echoes: Uint8Array[] = messages,
  ): Promise<void> {
    await Promise.all([this.#write(concat(...messages)), this.hear(concat(...echoes), pause)]);
    const { totals } = this.#field;
    this.#messages += messages.length;
    this.#bytes += payload;
    totals.messages += messages.length;
    totals.bytes += payload;
  }

  /** Takes exactly these bytes. */
  async hear(expected: Uint8Array, pause = 0): Promise<void> {
    for (let at = 0; at < expected.length;) {
      if (pause > 0) await delay(pause);
      const wanted = this.#piece.subarray(0, expected.length - at);
      const count = await this.#conn.read(wanted);
      if (count === null) throw new Error(`a ${this.#over} connection ended before its time`);
      const came = wanted.subarray(0, count);
      if (!equals(came, expected.subarray(at, at + count))) {
        throw new Error(`what came back over ${this.#over} is not what was sent`);
      }
      at += count;
    }
  }

  /** Says a last thing, takes `answer`, and both sides end. */
  async leave(last: Uint8Array, answer: Uint8Array): Promise<void> {
    await Promise.all([
      this.#write(last).then(() => this.#conn.closeWrite()),
      this.hear(answer),
    ]);
    if (await this.#conn.read(this.#piece) !== null) throw new Error("more came than was sent");
    const { port } = this.#conn.localAddr as Deno.NetAddr;
    const messages = this.#over === "raw" ? null : this.#messages;
    this.#field.servers.expect(this.#over, { port, messages, bytes: this.#bytes });
    this.#conn.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }
}

const NOTHING = new Uint8Array();
const LF = utf8("\n");

const line = (random: Random) => {
  const text = random.bytes(random.between(5, 200)).map((byte) => 0x61 + byte % 26); // no command
  return { payload: text.length, raw: concat(text, LF) };
};

const frame = (random: Random, kind: Kind, length: number) => {
  const payload = random.bytes(length);
  return { payload: length, raw: encodeMsg(kind, payload) };
};

type Made = { payload: number; raw: Uint8Array };

function batch(count: number, make: () => Made): [messages: Uint8Array[], payload: number] {
  const all = Array.from({ length: count }, make);
  return [all.map(({ raw }) => raw), all.reduce((sum, { payload }) => sum + payload, 0)];
}

/** Many small frames on their way at a time, all along. */
export async function pipelined(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("frames", field);
  await again(field, 20, random, () => {
    const make = () => frame(random, Kind.bytes, random.below(200));
    return talker.say(...batch(random.between(1, 64), make));
  });
  await talker.leave(NOTHING, NOTHING);
}

/** Large stretches of bytes that mean nothing, all along. */
export async function bulk(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("raw", field);
  await again(field, 100, random, () => {
    const bytes = random.bytes(random.between(1, 256 * KIB));
    return talker.say([bytes], bytes.length);
  });
  await talker.leave(NOTHING, NOTHING);
}

/** Lines; after a few hundred batches the client wants to see all of them again. */
export async function lines(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("lines", field);
  const said: Uint8Array[] = [];
  for (let left = 300; left > 0 && !field.enough.aborted; left--) {
    const [messages, payload] = batch(random.between(1, 32), () => line(random));
    await talker.say(messages, payload);
    said.push(...messages);
    await delay(random.between(0, 40));
  }
  await talker.leave(utf8("quit\n"), concat(...said));
}

const UPGRADED = utf8(
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
);

/** WebSockets that come and go: messages whole and in fragments, and pings. */
export async function sockets(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("raw", field);
  await talker.say([upgradeRequest("localhost")], 0, 0, [UPGRADED]);
  for (let left = 100; left > 0 && !field.enough.aborted; left--) {
    const frames: RawFrame[] = [];
    let payload = 0;
    for (let count = random.between(1, 16); count > 0; count--) {
      const bytes = random.bytes(random.below(random.oneIn(20) ? 100_000 : 300));
      const cut = random.oneIn(3) ? random.below(bytes.length + 1) : bytes.length;
      frames.push({ opcode: 2, payload: bytes.subarray(0, cut), fin: cut === bytes.length });
      if (random.oneIn(5)) frames.push({ opcode: 9, payload: "ping" });
      if (cut < bytes.length) frames.push({ opcode: 0, payload: bytes.subarray(cut) });
      payload += bytes.length;
    }
    const echoes = frames.map((frame) =>
      frameOf({ ...frame, opcode: frame.opcode === 9 ? 10 : frame.opcode, masked: false })
    );
    await talker.say(frames.map(frameOf), payload, 0, echoes);
    await delay(random.between(0, 40));
  }
  await talker.leave(closeFrame(1000), CLOSE_ECHO);
}

const CLOSE_ECHO = Uint8Array.of(0x88, 2, 1000 >> 8, 1000 & 255);

/** A text of 1 MiB and all of it once more as history. */
export async function large(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("frames", field);
  const { raw, payload } = frame(random, Kind.text, MIB);
  await talker.say([raw], payload);
  const history = concat(encodeMsg(Kind.history, encodeCount(1)), raw);
  await talker.leave(encodeMsg(Kind.text, utf8("quit")), history);
}

/** Who takes its echoes much later than it could: more than sockets hold, a little at a time. */
export async function slow(field: Field, random: Random): Promise<void> {
  const talker = await Talker.connect("frames", field, 256 * KIB);
  const make = () => frame(random, Kind.bytes, 64 * KIB);
  await talker.say(...batch(200, make), 20);
  await talker.leave(NOTHING, NOTHING);
}

/** Who begins a handshake and says no more, until it has had enough, or the server has. */
export async function abandoned({ servers, enough }: Field, random: Random): Promise<void> {
  using conn = await servers.connectBare();
  await conn.write(servers.hello.subarray(0, random.below(servers.hello.length)));
  const patience = delay(random.below(6_000), { signal: enough }).catch(() => {});
  await Promise.race([conn.read(new Uint8Array(1)).catch(() => {}), patience]);
}

/** Runs all of it until it is enough. Rejects with the first thing that is wrong. */
export async function load(field: Field, seed: number): Promise<void> {
  const several = (count: number, start: (random: Random) => Promise<void>) =>
    Array.from({ length: count }, () => start(new Random(seed++)));
  const { servers, totals } = field;
  const counting: Servers = {
    ...servers,
    expect(over, tally) {
      totals.messages += tally.messages ?? 0;
      totals.bytes += tally.bytes;
      servers.expect(over, tally);
    },
  };
  let conversation = seed;
  await Promise.all([
    ...several(4, (random) => pipelined(field, random)),
    ...several(2, (random) => bulk(field, random)),
    ...several(2, (random) => again(field, 0, random, () => lines(field, random))),
    ...several(2, (random) => again(field, 0, random, () => sockets(field, random))),
    ...several(
      3,
      (random) => again(field, 50, random, () => converse(conversation++, counting)),
    ),
    ...several(1, (random) => again(field, 5_000, random, () => large(field, random))),
    ...several(1, (random) => again(field, 10_000, random, () => slow(field, random))),
    ...several(1, (random) => again(field, 1_000, random, () => abandoned(field, random))),
  ]);
}
