/** A dialect is one file and one row: here is a third-party one, whose echo is not what came. */
import { listen } from "../../lib/net/listen.ts";
import type { ServerEvent } from "../../lib/server/events.ts";
import { SERVER_DEFAULTS } from "../../lib/server/options.ts";
import { serve, standalone } from "../../lib/server/server.ts";
import { MessageBatch } from "../../lib/wire/batch.ts";
import type { Codec, CodecIo } from "../../lib/wire/codec.ts";
import { type Dialect, DIALECTS } from "../../lib/wire/dialect.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { assertEquals } from "../support/assert.ts";
import { testIdentity } from "../support/pairs.ts";
import { Recorder } from "../support/recorder.ts";
import { Peer } from "../support/service.ts";
import { sinkTo } from "../support/sink.ts";
import { utf8 } from "../support/sources.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Words of four bytes; each comes back in capital letters and with a full stop. */
const shouting: Dialect = {
  name: "shouting",
  alpn: "shouting/1",
  open({ reader }: CodecIo): Codec {
    return {
      hasCommands: false,
      canInterrupt: false,
      needs: 4,
      take() {
        const count = Math.floor(reader.available / 4);
        if (count === 0) return null;
        const words = text(reader.take(4 * count)).match(/.{4}/g)!;
        const echo = utf8(words.map((word) => `${word.toUpperCase()}.`).join(""));
        return new MessageBatch(Kind.text, count, 4 * count, echo, (_, visit) => {
          for (const word of words.map(utf8)) visit(word, 0, word.length);
        });
      },
      end() {},
      encode: (kind, payload) => kind === Kind.notice ? utf8(`(${text(payload)})`) : null,
      broadcast: ({ payload }) => payload,
      greeting: (text) => utf8(`(${text})`),
      farewell: ({ text }) => utf8(`bye: ${text}`),
    };
  },
  openClient: DIALECTS.frames.openClient,
};

Deno.test("a new dialect is one row: its ALPN name, its echo, its texts and its last words", async () => {
  const { cert, key, authority } = await testIdentity();
  const protocols = ["echo/1", "shouting/1"];
  const listener = await listen({ hostname: "::1", port: 0, tls: { cert, key, protocols } });
  const recorder = new Recorder<ServerEvent>();
  const stopping = new AbortController();
  const options = { ...SERVER_DEFAULTS, welcome: "hi" };
  const shared = { ...standalone(options), dialects: { ...DIALECTS, shouting } };
  const served = serve(listener, options, sinkTo(recorder.emit), stopping.signal, shared);
  {
    using peer = await Peer.connect(listener.port, authority, ["shouting/1"]);
    await peer.send(utf8("pingpo"));
    await peer.send(utf8("ng"));
    await recorder.wait("message", 2);
    await peer.conn.closeWrite();
    assertEquals(text(await peer.rest()), "(hi)PING.PONG.bye: end");
  }
  using framed = await Peer.connect(listener.port, authority, ["echo/1"]);
  assertEquals((await framed.hear())?.text, "hi");
  await framed.say("ping");
  assertEquals((await framed.hear())?.text, "ping");
  stopping.abort();
  framed.conn.close();
  await served;
  assertEquals(recorder.all("client-connect").map((it) => it.dialect), ["shouting", "frames"]);
  assertEquals(recorder.all("message").map((it) => text(it.payload)), ["ping", "pong", "ping"]);
  const { messages, bytes, reason } = recorder.all("client-close")[0]!;
  assertEquals([messages, bytes, reason], [2, 8, "end"]);
});
