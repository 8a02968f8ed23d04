import { assert, assertEquals } from "../support/assert.ts";
import { concat } from "../support/sources.ts";
import * as vectors from "../support/vectors.ts";
import { answer, isRightEnd, read } from "./model.ts";

const PURE = { permissions: "none" } as const;
const LIMITS = { limit: vectors.limit, whole: 64 * 1024 };

for (const { name, alpn, options, client, server } of vectors.conversations) {
  if (options.includes("--welcome")) continue; // the model knows none
  Deno.test(`the model answers as the vectors have it: ${name}`, PURE, () => {
    const dialect = alpn === null ? "raw" : "frames";
    const limit = Number(options[options.indexOf("--max-message") + 1] ?? LIMITS.limit);
    const limits = options.includes("--max-message") ? { ...LIMITS, limit } : LIMITS;
    const came = vectors.hex(server);
    const expected = answer(concat(...client.map(vectors.hex)), dialect, limits);
    assertEquals(came.subarray(0, expected.bytes.length), expected.bytes);
    assert(isRightEnd(came.subarray(expected.bytes.length), dialect, expected));
  });
}

Deno.test("the model finds a wrong end wrong", PURE, () => {
  const refused = answer(new Uint8Array(4), "frames", LIMITS);
  assertEquals([refused.code, refused.bytes.length], [1, 0]);
  for (
    const [end, isRight] of [
      ["000000040500014f", true],
      ["000000040500024f", false], // another code
      ["000000040400014f", false], // no error
      ["000000050500014f", false], // not whole
      ["000000040500014f00", false], // more than that
      ["", false],
    ] as const
  ) assertEquals([end, isRightEnd(vectors.hex(end), "frames", refused)], [end, isRight]);
  const ended = answer(new Uint8Array(), "frames", LIMITS);
  assertEquals(isRightEnd(new Uint8Array(), "frames", ended), true);
  assertEquals(isRightEnd(new Uint8Array(1), "frames", ended), false);
});

Deno.test("the model knows what has begun of a message that is cut off", PURE, () => {
  const bytes = vectors.hex("0000000a016162636465"); // 5 of 9 bytes
  const limits = { limit: 10, whole: 4 };
  assertEquals(read(bytes, "frames", limits).begun, bytes);
  assertEquals(read(bytes, "frames", { limit: 10, whole: 6 }).begun, new Uint8Array());
  const expected = answer(bytes, "frames", limits);
  assertEquals(isRightEnd(bytes.subarray(0, 7), "frames", expected), true);
  assertEquals(isRightEnd(vectors.hex("0000000b"), "frames", expected), false);
});
