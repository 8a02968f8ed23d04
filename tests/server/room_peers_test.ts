import { RoomPeers } from "../../lib/server/room_peers.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { encodeBroadcast } from "../../lib/wire/payloads.ts";
import { encodeHeartbeat, encodeRoomMessage } from "../../lib/wire/room.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const A = "0000000a";
const B = "0000000b";

/** Peers, and what came of what they have sent. */
function room({ maxMessage = 1000, memory = 10_000 } = {}) {
  const budget = new MemoryBudget(memory);
  const seen: string[] = [];
  let now = 0;
  const peers = new RoomPeers({
    deliver: ({ payload }) => seen.push(new TextDecoder().decode(payload.subarray(1))),
    miss: (count) => seen.push(`missed ${count}`),
    reject: () => seen.push("rejected"),
  }, { maxMessage, budget, now: () => now });
  peers.join();
  const say = (node: string, sequence: number, text: string, maxBytes = 10_000) => {
    const payload = encodeBroadcast(new Uint8Array(), utf8(text));
    return [...encodeRoomMessage({ kind: Kind.text, payload }, sequence, maxBytes)]
      .map((message) => () => peers.receive(node, message));
  };
  return {
    peers,
    budget,
    seen,
    /** Everything of one message. */
    say: (...args: Parameters<typeof say>) => say(...args).forEach((send) => send()),
    /** Its pieces, to be sent one by one. */
    pieces: say,
    beat: (node: string, sequence: number, age = 1e9, isLast = false) =>
      peers.receive(node, encodeHeartbeat(sequence, age, utf8("alpha"), isLast)),
    wait: (ms: number) => now += ms,
  };
}

Deno.test("room: what comes in order is heard, and each gap is told at once", PURE, () => {
  const { say, seen } = room();
  for (const sequence of [5, 6, 9, 10]) say(A, sequence, `a${sequence}`);
  say(B, 1, "b1");
  assertEquals(seen, ["a5", "a6", "missed 2", "a9", "a10", "b1"]);
});

Deno.test("room: a heartbeat tells what was lost at the end", PURE, () => {
  const { say, beat, seen } = room();
  say(A, 1, "a1");
  beat(A, 1);
  beat(A, 3);
  beat(A, 3);
  say(A, 4, "a4");
  assertEquals(seen, ["a1", "missed 2", "a4"]);
});

Deno.test("room: of a server that is younger than our stay all is meant for us", PURE, () => {
  const { beat, seen, wait } = room();
  wait(1000);
  beat(A, 4, 500);
  beat(B, 4, 1500);
  assertEquals(seen, ["missed 4"]);
});

Deno.test("room: a long message is put together, and a lost piece loses the whole", PURE, () => {
  const { pieces, say, seen, budget } = room();
  const text = "x".repeat(100);
  for (const send of pieces(A, 1, text, 50)) send();
  const [first, second, third] = pieces(A, 2, text, 50);
  first!();
  third!();
  second!();
  say(A, 3, "a3");
  const [begun] = pieces(A, 4, text, 50);
  begun!();
  say(A, 5, "a5");
  assertEquals(seen, [text, "missed 1", "a3", "missed 1", "a5"]);
  assertEquals(budget.used, 0);
});

Deno.test(
  "room: without memory, or over the limit, a message is missed and the next one heard",
  PURE,
  () => {
    const { pieces, say, seen, budget } = room({ maxMessage: 500, memory: 300 });
    for (const send of pieces(A, 1, "x".repeat(400), 50)) send();
    say(A, 2, "a2");
    for (const send of pieces(A, 3, "x".repeat(900), 50)) send();
    say(A, 4, "a4");
    assertEquals(seen, ["missed 1", "a2", "missed 1", "a4"]);
    assertEquals(budget.used, 0);
  },
);

Deno.test(
  "room: twice, backwards, absurd and malformed is rejected, and nobody is told lies",
  PURE,
  () => {
    const { peers, say, beat, seen } = room();
    say(A, 5, "a5");
    say(A, 5, "again");
    say(A, 4, "a4");
    beat(A, 2 ** 47);
    say(A, 2 ** 47 + 1, "on");
    peers.receive("not a node", encodeHeartbeat(1, 1, utf8("x")));
    peers.receive(B, utf8("hello"));
    say(B, 1, "x".repeat(2000));
    assertEquals(seen, [
      "a5",
      ...["rejected", "rejected", "rejected"],
      "on",
      ...["rejected", "rejected", "rejected"],
    ]);
  },
);

Deno.test("room: ten thousand made-up servers do not push out the one that speaks", PURE, () => {
  const { peers, pieces, say, seen, budget } = room({ memory: 100_000 });
  say(A, 1, "a1");
  for (let node = 0; node < 10_000; node++) {
    const name = (0x1000_0000 + node).toString(16);
    pieces(name, 1, "x".repeat(100), 50)[0]!();
    if (node % 500 === 0) say(A, 2 + node / 500, `a${2 + node / 500}`);
  }
  assert(peers.size <= 1024);
  assert(budget.used <= 1024 * 101);
  say(A, 22, "a22");
  assertEquals(
    seen,
    Array.from({ length: 22 }, (_, index) => `a${index + 1}`).filter((it) => it !== "a22").concat(
      "a22",
    ),
  );
});

Deno.test("room: a goodbye tells what is missing, and then the server is forgotten", PURE, () => {
  const { peers, say, beat, seen } = room();
  say(A, 1, "a1");
  beat(A, 3, 1e9, true);
  assertEquals([seen, peers.size], [["a1", "missed 2"], 0]);
});
