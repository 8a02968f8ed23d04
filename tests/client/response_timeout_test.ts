import { ResponseTimeout } from "../../lib/client/response_timeout.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { delay } from "../../lib/std.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { tcpPair } from "../support/pairs.ts";

Deno.test("Patience ends a connection on which nothing moves while something is owed", async () => {
  using pair = await tcpPair();
  const patience = new ResponseTimeout(pair.near as unknown as Conn, 50);
  patience.expectResponse(true);
  await assertRejects(() => patience.read(new Uint8Array(1)), Error);
  assert(patience.expired);
});

Deno.test("Patience counts any byte, in either direction", async () => {
  using pair = await tcpPair();
  const patience = new ResponseTimeout(pair.near as unknown as Conn, 1000);
  patience.expectResponse(true);
  for (let i = 0; i < 7; i++) {
    const read = patience.read(new Uint8Array(1));
    await delay(200);
    await (i % 2 === 0 ? patience.write(new Uint8Array(1)) : pair.far.write(new Uint8Array(1)));
    if (i % 2 === 0) await pair.far.write(new Uint8Array(1));
    assertEquals(await read, 1);
  }
  assert(!patience.expired);
  patience.expectResponse(false);
});

Deno.test("Patience does not count the time in which we do not read", async () => {
  using pair = await tcpPair();
  const patience = new ResponseTimeout(pair.near as unknown as Conn, 50);
  patience.expectResponse(true);
  await delay(150); // our own screen is slow
  await pair.far.write(new Uint8Array(1));
  assertEquals(await patience.read(new Uint8Array(1)), 1);
  assert(!patience.expired);
});

Deno.test("Patience waits for ever while nothing is owed", async () => {
  using pair = await tcpPair();
  const patience = new ResponseTimeout(pair.near as unknown as Conn, 50);
  const read = patience.read(new Uint8Array(1));
  await delay(150);
  await pair.far.write(new Uint8Array(1));
  assertEquals(await read, 1);
});
