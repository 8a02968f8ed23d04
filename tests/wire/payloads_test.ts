import { BadPayload } from "../../lib/wire/errors.ts";
import {
  decodeBroadcast,
  decodeCount,
  decodeError,
  encodeBroadcast,
  encodeCount,
  encodeError,
  ErrorCode,
} from "../../lib/wire/payloads.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { utf8 } from "../support/sources.ts";

const PURE = { permissions: "none" } as const;

Deno.test("an error is its code and its reason", PURE, () => {
  const payload = encodeError(ErrorCode.tooLarge, "große Frames");
  assertEquals(payload.subarray(0, 2), new Uint8Array([0, 2]));
  assertEquals(decodeError(payload), { code: 2, reason: utf8("große Frames") });
  assertThrows(() => decodeError(new Uint8Array(1)), BadPayload, "error");
});

Deno.test("a history is announced by the count of its frames", PURE, () => {
  assertEquals(encodeCount(258), new Uint8Array([0, 0, 0, 0, 0, 0, 1, 2]));
  assertEquals(decodeCount(encodeCount(2 ** 40)), 2 ** 40);
  assertThrows(() => decodeCount(new Uint8Array(7)), BadPayload, "history");
});

Deno.test("a broadcast is its sender and the message", PURE, () => {
  const payload = encodeBroadcast(utf8("[::1]:9"), utf8("hi"));
  assertEquals(payload[0], 7);
  assertEquals(decodeBroadcast(payload), { sender: utf8("[::1]:9"), message: utf8("hi") });
  assertEquals(decodeBroadcast(encodeBroadcast(utf8(""), utf8(""))).message, utf8(""));
  assertThrows(() => decodeBroadcast(new Uint8Array([3, 1, 2])), BadPayload, "broadcast");
  assertThrows(() => decodeBroadcast(new Uint8Array(0)), BadPayload, "broadcast");
  assertThrows(() => encodeBroadcast(new Uint8Array(256), utf8("")), RangeError, "256");
});
