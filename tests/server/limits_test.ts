import { LocalConnectionLimiter } from "../../lib/server/limits.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;
const reasonOf = (limiter: LocalConnectionLimiter, id: number, address: string) =>
  limiter.acquire(id, address)?.reason ?? null;

Deno.test(
  "limiter: addresses of one /64 count as one source, each /64 and each IPv4 apart",
  PURE,
  () => {
    const limiter = new LocalConnectionLimiter(100, 1);
    const full = "the server has 1 connections from your address already";
    for (
      const [i, [address, expected]] of ([
        ["2001:db8::1", null],
        ["2001:db8::2", full],
        ["2001:db8:0:0:ffff::1", full],
        ["2001:db8:0:1::1", null],
        ["192.0.2.1", null],
        ["192.0.2.2", null],
        ["::ffff:192.0.2.1", full],
      ] as const).entries()
    ) assertEquals([address, reasonOf(limiter, i, address)], [address, expected]);
  },
);

Deno.test("limiter: a connection that is gone makes room, a rejected one none", PURE, () => {
  const limiter = new LocalConnectionLimiter(1, 1);
  assertEquals(reasonOf(limiter, 1, "::1"), null);
  assertEquals(reasonOf(limiter, 2, "::2"), "the server has 1 connections already");
  limiter.release(2);
  assertEquals(reasonOf(limiter, 3, "::1"), "the server has 1 connections already");
  limiter.release(1);
  assertEquals(reasonOf(limiter, 4, "::1"), null);
});

Deno.test(
  "limiter: 64 rejected connections at a time get an error, the others do not",
  PURE,
  () => {
    const limiter = new LocalConnectionLimiter(0, 1);
    const sent = Array.from({ length: 70 }, (_, id) => limiter.acquire(id, "::1")!.sendError);
    assertEquals(sent.filter((it) => it).length, 64);
    limiter.release(3);
    assertEquals(limiter.acquire(100, "::1")!.sendError, true);
    assertEquals(limiter.acquire(101, "::1")!.sendError, false);
  },
);
