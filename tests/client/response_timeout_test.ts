import { ResponseTimeout } from "../../lib/client/response_timeout.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { delay } from "../../lib/std.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { tcpPair } from "../support/pairs.ts";

Deno.test("ResponseTimeout closes a connection without progress while a response is expected", async () => {
  using pair = await tcpPair();
  const timeout = new ResponseTimeout(pair.near as unknown as Conn, 50);
  timeout.expectResponse(true);
  await assertRejects(() => timeout.read(new Uint8Array(1)), Error);
  assert(timeout.expired);
});

Deno.test("ResponseTimeout counts a byte in either direction as progress", async () => {
  using pair = await tcpPair();
  const timeout = new ResponseTimeout(pair.near as unknown as Conn, 1000);
  timeout.expectResponse(true);
  for (let i = 0; i < 7; i++) {
    const read = timeout.read(new Uint8Array(1));
    await delay(200);
    await (i % 2 === 0 ? timeout.write(new Uint8Array(1)) : pair.far.write(new Uint8Array(1)));
    if (i % 2 === 0) await pair.far.write(new Uint8Array(1));
    assertEquals(await read, 1);
  }
  assert(!timeout.expired);
  timeout.expectResponse(false);
});

Deno.test("ResponseTimeout ignores the time without a pending read or write", async () => {
  using pair = await tcpPair();
  const timeout = new ResponseTimeout(pair.near as unknown as Conn, 50);
  timeout.expectResponse(true);
  await delay(150); // the client's own screen is slow
  await pair.far.write(new Uint8Array(1));
  assertEquals(await timeout.read(new Uint8Array(1)), 1);
  assert(!timeout.expired);
});

Deno.test("ResponseTimeout never expires while no response is expected", async () => {
  using pair = await tcpPair();
  const timeout = new ResponseTimeout(pair.near as unknown as Conn, 50);
  const read = timeout.read(new Uint8Array(1));
  await delay(150);
  await pair.far.write(new Uint8Array(1));
  assertEquals(await read, 1);
});
