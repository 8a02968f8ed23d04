/** Frames of WebSocket and heads of HTTP with anything wrong in them. */
import { isUtf8 } from "node:buffer";
import { WireError } from "../../lib/wire/errors.ts";
import { HeadDecoder, HttpError, isRequestHead } from "../../lib/wire/http.ts";
import { recvMsg } from "../../lib/wire/message.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { websocket } from "../../lib/wire/websocket.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { cases } from "../support/autobahn.ts";
import { openCodec } from "../support/codec.ts";
import { Random } from "../support/random.ts";
import { concat, cut, pieces, utf8 } from "../support/sources.ts";
import { framesIn } from "../support/websocket.ts";

const PURE = { permissions: "none" } as const;
const SEED = 15;

/** A few bytes changed, left out, repeated or put in. */
function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  let all = bytes;
  for (let times = random.below(4); times > 0; times--) {
    const at = random.below(all.length + 1), end = Math.min(all.length, at + random.below(8));
    const middle = random.pick([
      random.bytes(end - at),
      new Uint8Array(),
      concat(all.subarray(at, end), all.subarray(at, end)),
      concat(all.subarray(at, end), random.bytes(random.below(5))),
    ]);
    all = concat(all.subarray(0, at), middle, all.subarray(end));
  }
  return all;
}

/** What a server makes of frames: its echoes, its messages, and the error that ended it. */
async function served(source: Parameters<typeof openCodec>[1], maxHeld: number) {
  const { codec, next } = openCodec(websocket, source, { maxMessage: 2000, maxHeld });
  const echoes: Uint8Array[] = [];
  let messages = 0;
  for (;;) {
    try {
      const batch = await next();
      if (batch === null || batch.ends) return { echoes, messages, error: null, codec };
      messages += batch.count;
      echoes.push(batch.echo);
    } catch (error) {
      assert(error instanceof WireError, String(error));
      return { echoes, messages, error: error.constructor.name, codec };
    }
  }
}

Deno.test(
  "10000 mutated conversations of WebSocket are decoded alike however they are cut",
  PURE,
  async () => {
    const right = cases().filter(({ sent }) => sent.length < 1500);
    for (let i = 0; i < 10_000; i++) {
      const random = new Random(SEED * 100_000 + i);
      const sent = mutated(random, concat(...[1, 2].map(() => random.pick(right).sent)));
      const maxHeld = random.pick([100, 2000]);
      const whole = await served(pieces(sent), maxHeld);
      const points = Array.from({ length: random.below(6) }, () => random.below(sent.length + 1));
      const parts = await served(cut(sent, points), maxHeld);
      const context = `seed ${SEED}, case ${i}`;
      assertEquals([parts.messages, parts.error], [whole.messages, whole.error], context);
      if (whole.error !== null) continue; // more or less of a long echo has begun when it shows
      const echoes = concat(...whole.echoes);
      assertEquals(concat(...parts.echoes), echoes, context);
      for (const { opcode, fin, payload } of framesIn(echoes)) {
        if (opcode === 1 && fin) assert(isUtf8(payload), context);
      }
    }
  },
);

const HEADS = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "POST /echo?raw HTTP/1.1\r\nHost: [::1]:7\r\nContent-Length: 5\r\nX: a, b\r\n\r\nhello",
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
].map(utf8);

Deno.test(
  "10000 mutated heads of HTTP are one request, one status or one end however they are cut",
  PURE,
  async () => {
    for (let i = 0; i < 10_000; i++) {
      const random = new Random(SEED * 200_000 + i);
      const sent = mutated(random, random.pick(HEADS));
      const outcome = async (source: Parameters<typeof openCodec>[1]) => {
        const reader = new ByteReader(source);
        try {
          return JSON.stringify(await recvMsg(reader, new HeadDecoder(reader)));
        } catch (error) {
          assert(error instanceof HttpError, String(error));
          return error.status;
        }
      };
      const points = Array.from({ length: random.below(6) }, () => random.below(sent.length + 1));
      const whole = await outcome(pieces(sent));
      assertEquals(await outcome(cut(sent, points)), whole, `seed ${SEED}, case ${i}`);
      if (typeof whole === "string" && whole !== "null") assert(isRequestHead(sent), `case ${i}`);
    }
  },
);
