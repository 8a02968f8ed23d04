import { BroadcastHub } from "../../lib/server/hub.ts";
import { Subscriber } from "../../lib/server/subscriber.ts";
import { type DialectName, DIALECTS } from "../../lib/wire/dialect.ts";
import { ByteReader } from "../../lib/wire/reader.ts";
import { WriteQueue } from "../../lib/wire/write_queue.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { noise, pieces } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const MIB = 1024 ** 2;

/** A client that reads when the test says so, and what was written to it. */
function client(dialect: DialectName, onOverflow?: () => void) {
  const written: Uint8Array[] = [];
  const reading = Promise.withResolvers<void>();
  const queue = new WriteQueue({
    write: (bytes) => (written.push(bytes), reading.promise),
    closeWrite: () => Promise.resolve(),
  });
  const limits = { maxMessage: MIB, maxHeld: MIB };
  const encoder = DIALECTS[dialect].open({ reader: new ByteReader(pieces()), limits });
  const options = { queue, dialect, encoder, ...(onOverflow ? { onOverflow } : {}) };
  return { written, reading, subscriber: new Subscriber(options) };
}

Deno.test("hub: one copy of a long message waits for all clients of a dialect", PURE, () => {
  const hub = new BroadcastHub();
  const sender = client("frames");
  const framed = Array.from({ length: 20 }, () => client("frames"));
  const lines = client("lines");
  for (const { subscriber } of [sender, ...framed, lines]) hub.join(subscriber);
  hub.publish(sender.subscriber, "[::1]:1", noise(MIB));
  const copies = new Set(framed.map(({ written }) => written[0]!.buffer));
  assertEquals([copies.size, sender.written.length], [1, 0]);
  assert(!copies.has(lines.written[0]!.buffer));
});

Deno.test(
  "Subscriber: what waits for one client has a bound, and the rest is counted",
  PURE,
  async () => {
    const hub = new BroadcastHub();
    const sender = client("frames");
    let overflows = 0;
    const slow = client("frames", () => overflows++);
    hub.join(sender.subscriber);
    hub.join(slow.subscriber);
    for (let i = 0; i < 1000; i++) hub.publish(sender.subscriber, "[::1]:1", noise(10_000));
    assert(
      slow.subscriber.queuedBytes <= MIB + 11_000,
      `${slow.subscriber.queuedBytes} bytes wait`,
    );
    const waiting = 1000 - overflows;
    assert(waiting > 90 && waiting < 110, `${waiting} messages wait`);
    slow.reading.resolve();
    while (slow.subscriber.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve));
    const notice = new TextDecoder().decode(slow.written.at(-1));
    assert(notice.endsWith(`you were too slow and missed ${overflows} messages`), notice);
  },
);
