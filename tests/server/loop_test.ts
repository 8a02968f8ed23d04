import { openIo } from "../../lib/server/connection.ts";
import { History } from "../../lib/server/history.ts";
import { EchoLoop } from "../../lib/server/loop.ts";
import { EVENT_PAYLOAD_LIMIT, type ServerOptions } from "../../lib/server/options.ts";
import { Subscriber } from "../../lib/server/subscriber.ts";
import { payloadsOf } from "../../lib/wire/batch.ts";
import { DIALECTS } from "../../lib/wire/dialect.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { encodeError, ErrorCode } from "../../lib/wire/payloads.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { Attentive, contextOf } from "../support/conns.ts";
import { concat, noise, utf8 } from "../support/sources.ts";

const text = (payload: string) => encodeMsg(Kind.text, utf8(payload));

/** Runs the loop of a client in frames; says how often its first batch was announced. */
async function run(conn: Attentive, options: Partial<ServerOptions> = {}) {
  using it = contextOf(conn, options);
  const { context, events } = it;
  const io = openIo(context, DIALECTS.frames);
  const history = new History(context.options.maxHistory, context.historyBudget);
  const subscriber = new Subscriber({ queue: io.queue, dialect: "frames", encoder: io.codec });
  let firsts = 0;
  const onFirstBatch = () => void firsts++;
  const loop = new EchoLoop({ context, io, history, subscriber, onFirstBatch });
  try {
    const close = await loop.run();
    return { close, loop, events, history, firsts };
  } finally {
    loop.close();
    io.reader.release();
    history.close();
  }
}

Deno.test("loop: what one read brings is one batch, one write and one event", async () => {
  const sent = concat(text("one"), text("two"), text("three"));
  const conn = new Attentive(sent);
  let writes = 0;
  const write = conn.write.bind(conn);
  conn.write = (bytes) => (writes++, write(bytes));
  const { close, loop, events, history, firsts } = await run(conn);
  assertEquals(close, { reason: "end" });
  assertEquals([conn.taken, writes, firsts], [sent, 1, 1]);
  assertEquals([loop.messages, loop.bytes, history.count], [3, 11, 3]);
  const [event] = events;
  assertEquals(event!.type === "messages" && [event.count, event.bytes], [3, 11]);
  assertEquals(events.length, 1);
});

Deno.test("loop: a command ends it, and the messages before it are echoed", async () => {
  const conn = new Attentive(concat(text("one"), text("exit"), text("never")));
  const { close, loop, events } = await run(conn);
  assertEquals([close, conn.taken, loop.messages], [{ reason: "exit" }, text("one"), 1]);
  assertEquals(events.map(({ type }) => type), ["messages", "command"]);
});

Deno.test("loop: a client that sends nothing has no first batch", async () => {
  const { close, firsts, events } = await run(new Attentive());
  assertEquals([close, firsts, events], [{ reason: "end" }, 0, []]);
});

Deno.test("loop: a long message is one message in its counts, and one event with its beginning", async () => {
  const payload = noise(3 * EVENT_PAYLOAD_LIMIT);
  const sent = encodeMsg(Kind.bytes, payload);
  const conn = new Attentive(sent);
  const { close, loop, events } = await run(conn);
  assertEquals([close, loop.messages, loop.bytes], [{ reason: "end" }, 1, payload.length]);
  assertEquals(conn.taken, sent);
  const [event, ...rest] = events;
  assertEquals(event!.type === "messages" && [event.count, event.bytes], [1, payload.length]);
  const [beginning] = event!.type === "messages" ? payloadsOf(event!) : [];
  assertEquals(beginning, payload.subarray(0, beginning!.length));
  assertEquals(rest, []);
});

Deno.test("loop: what breaks the protocol is its result, after the good messages before it", async () => {
  const conn = new Attentive(concat(text("good"), new Uint8Array([0, 0, 0, 1, 99])));
  const { close, loop } = await run(conn);
  assertEquals([close.reason, close.code, loop.messages], ["bad-frame", ErrorCode.badFrame, 1]);
  assertEquals(conn.taken, text("good"));
});

Deno.test("loop: an echo that has begun is followed by no error", async () => {
  const sent = encodeMsg(Kind.bytes, noise(3 * EVENT_PAYLOAD_LIMIT)).subarray(0, -1);
  const conn = new Attentive(sent);
  const { close, loop } = await run(conn);
  assertEquals([close.reason, close.code, loop.messages], ["truncated", undefined, 0]);
  assertEquals(conn.taken, sent);
});

Deno.test("loop: an error of the network is not its result", async () => {
  const conn = new Attentive();
  Object.assign(conn, { read: () => Promise.reject(new Deno.errors.ConnectionReset("reset")) });
  await assertRejects(() => run(conn), Deno.errors.ConnectionReset);
});

Deno.test("loop: a message over --max-message ends it before any of it is echoed", async () => {
  const conn = new Attentive(encodeMsg(Kind.bytes, noise(101)));
  const { close } = await run(conn, { maxMessage: 100 });
  assertEquals([close.reason, close.code], ["too-large", ErrorCode.tooLarge]);
  assertEquals(conn.taken.length, 0);
  assertEquals(encodeError(ErrorCode.tooLarge, close.detail!).length > 2, true);
});
