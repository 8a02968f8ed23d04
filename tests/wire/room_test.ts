import fc from "fast-check";
import { Kind } from "../../lib/wire/kind.ts";
import { decodeRoomMessage, encodeHeartbeat, encodeRoomMessage } from "../../lib/wire/room.ts";
import { assertEquals } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;
const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("room: a message is 8 bytes and its payload", PURE, () => {
  const broadcast = { kind: Kind.text, payload: bytes(1, 0x61, 0x62) };
  const [message, ...rest] = encodeRoomMessage(broadcast, 0x0102_0304_0506, 1000);
  assertEquals([...message!], [1, 1, 1, 2, 3, 4, 5, 6, 1, 0x61, 0x62]);
  assertEquals(rest, []);
});

Deno.test("room: the pieces of any message, for any broker, make the message again", PURE, () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 17, max: 400 }),
    fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    (payload, maxBytes, sequence) => {
      const messages = [
        ...encodeRoomMessage({ kind: Kind.bytes, payload }, sequence, maxBytes),
      ];
      let offset = 0;
      for (const message of messages) {
        if (message.length > maxBytes) return false;
        const decoded = decodeRoomMessage(message);
        if (decoded?.type === "message") {
          assertEquals(decoded.broadcast, { kind: Kind.bytes, payload });
          return decoded.sequence === sequence && messages.length === 1;
        }
        if (decoded?.type !== "piece" || decoded.offset !== offset) return false;
        if (decoded.sequence !== sequence || decoded.total !== payload.length) return false;
        assertEquals(decoded.part, payload.subarray(offset, offset + decoded.part.length));
        offset += decoded.part.length;
      }
      return offset === payload.length;
    },
  ));
});

Deno.test("room: a heartbeat and a goodbye have the last number and the age", PURE, () => {
  assertEquals(decodeRoomMessage(encodeHeartbeat(7, 1234.5, utf8("alpha"))), {
    type: "heartbeat",
    sequence: 7,
    age: 1234,
    host: "alpha",
  });
  assertEquals(decodeRoomMessage(encodeHeartbeat(0, 0, bytes(), true)), {
    type: "goodbye",
    sequence: 0,
    age: 0,
    host: "",
  });
});

Deno.test("room: what no server of ours sends is nothing, whatever it is", PURE, () => {
  for (
    const odd of [
      bytes(),
      bytes(1),
      bytes(1, 1, 0, 0, 0, 0, 0), // no whole header
      bytes(1, 1, 0, 0, 0, 0, 0, 0, 0x61), // message number 0
      bytes(1, 2, 0, 0, 0, 0, 0, 1), // a broadcast of a broadcast
      bytes(1, 9, 0, 0, 0, 0, 0, 1),
      bytes(0, 0, 0, 0, 0, 0, 0, 1),
      bytes(5, 0, 0, 0, 0, 0, 0, 1),
      bytes(2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1), // a piece of nothing
      bytes(2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x61), // beyond the whole
      bytes(3, 0, 0, 0, 0, 0, 0, 1), // no age
    ]
  ) assertEquals(decodeRoomMessage(odd), null);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
    decodeRoomMessage(any);
  }));
});
