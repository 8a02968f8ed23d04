import { Kind } from "../../lib/wire/kind.ts";
import { BroadcastLink, costOf, type LinkedBroadcast } from "../../lib/server/broadcast_link.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const bytes = (payload: Uint8Array) => ({ kind: Kind.bytes, payload });
const MIB = 1024 ** 2;

function link() {
  const posted: LinkedBroadcast[] = [];
  return { posted, link: new BroadcastLink((message) => void posted.push(message)) };
}

Deno.test(
  "link: what the other thread has not taken has a bound; the rest is counted",
  PURE,
  () => {
    const { posted, link: it } = link();
    for (let i = 0; i < 100; i++) it.send(bytes(new Uint8Array(MIB)));
    assertEquals(posted.length, 7);
    assert(it.unacked < 8 * MIB);
    it.ack(costOf(posted[0]!));
    it.send(bytes(new Uint8Array([1])));
    assertEquals(posted.at(-1), {
      type: "broadcast",
      broadcast: bytes(new Uint8Array([1])),
      missed: 93,
    });
    it.send(bytes(new Uint8Array([2])));
    assertEquals(posted.at(-1)!.missed, 0); // each loss is told once
  },
);

Deno.test("link: a loss is told also where no message follows", PURE, () => {
  const { posted, link: it } = link();
  for (let i = 0; i < 9; i++) it.send(bytes(new Uint8Array(MIB)));
  for (const message of [...posted]) it.ack(costOf(message));
  assertEquals(posted.at(-1), { type: "broadcast", broadcast: null, missed: 2 });
  it.ack(costOf(posted.at(-1)!));
  assertEquals([it.unacked, posted.length], [0, 8]);
});

Deno.test("link: what was lost before it came here is told on", PURE, () => {
  const { posted, link: it } = link();
  it.send(bytes(new Uint8Array(1)), 3);
  it.send(null, 2);
  assertEquals(posted.map(({ missed }) => missed), [3, 2]);
});

Deno.test("link: a message longer than the bound passes alone", PURE, () => {
  const { posted, link: it } = link();
  it.send(bytes(new Uint8Array(16 * MIB)));
  it.send(bytes(new Uint8Array(1)));
  assertEquals(posted.length, 1);
  it.ack(costOf(posted[0]!));
  assertEquals(posted.at(-1), { type: "broadcast", broadcast: null, missed: 1 });
});
