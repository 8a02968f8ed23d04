import { admit } from "../../lib/server/admission.ts";
import type { ConnectionContext } from "../../lib/server/connection.ts";
import { LocalConnectionLimiter } from "../../lib/server/limits.ts";
import type { ServerOptions } from "../../lib/server/options.ts";
import { TlsError } from "../../lib/net/tls.ts";
import { PROTOCOL } from "../../lib/wire/dialect.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Attentive, contextOf } from "../support/conns.ts";

/** A connection whose handshake ends as the test says. */
class Shaking extends Attentive {
  readonly #result: () => Promise<string | null>;

  constructor(result: () => Promise<string | null>) {
    super();
    this.#result = result;
  }

  override handshake() {
    return this.#result();
  }
}

/** A handshake that the client never ends. */
const silent = () => new Promise<never>(() => {});

/** A limiter that is full already. */
function full() {
  const limiter = new LocalConnectionLimiter(1, 1);
  limiter.acquire(100, "::2");
  return limiter;
}

async function admitted(
  conn: Attentive,
  options: Partial<ServerOptions> = {},
  rest: Partial<ConnectionContext> = {},
) {
  using it = contextOf(conn, options, rest);
  const admission = await admit(it.context);
  return "dialect" in admission ? admission.dialect.name : admission.failure;
}

Deno.test("admission: ALPN chooses the dialect, and without it the client gets raw", async () => {
  assertEquals(await admitted(new Shaking(() => Promise.resolve(PROTOCOL))), "frames");
  assertEquals(await admitted(new Shaking(() => Promise.resolve(null))), "raw");
});

Deno.test("admission: --dialect is stronger than ALPN", async () => {
  const conn = new Shaking(() => Promise.resolve(PROTOCOL));
  assertEquals(await admitted(conn, { dialect: "lines" }), "lines");
});

Deno.test("admission: a handshake has a deadline, and its socket is aborted then", async () => {
  const conn = new Shaking(silent);
  assertEquals(await admitted(conn, { handshakeTimeout: 10 }), {
    reason: "handshake-timeout",
    detail: "not done within 0.01 s",
  });
  assertEquals(conn.done, ["abort"]);
});

Deno.test("admission: a stopping server waits for no handshake", async () => {
  for (const isStoppedBefore of [true, false]) {
    const conn = new Shaking(silent);
    using it = contextOf(conn);
    if (isStoppedBefore) it.context.monitor.stop();
    const admission = admit(it.context);
    await Promise.resolve();
    if (!isStoppedBefore) it.context.monitor.stop();
    assertEquals(await admission, { failure: { reason: "shutdown" } });
    assertEquals(conn.done, ["abort"]);
  }
});

Deno.test("admission: a peer that leaves is a probe, and a bad handshake says what is wrong", async () => {
  const failing = (problem: TlsError["problem"]) =>
    new Shaking(() => Promise.reject(new TlsError(problem, "in words", undefined, null)));
  const detail = "in words";
  assertEquals(await admitted(failing("gone")), { reason: "probe", detail });
  assertEquals(await admitted(failing("protocol")), { reason: "handshake-failed", detail });
  assertEquals(await admitted(failing("refused")), { reason: "handshake-failed", detail });
});

Deno.test("admission: a connection over the limit gets a handshake, a reason and the end", async () => {
  const conn = new Shaking(() => Promise.resolve(PROTOCOL));
  assertEquals(await admitted(conn, {}, { limiter: full() }), {
    reason: "over-limit",
    detail: "the server has 1 connections already",
  });
  assertStringIncludes(
    new TextDecoder().decode(conn.taken),
    "the server has 1 connections already",
  );
  assertEquals(conn.done, ["closeWrite"]);
});

Deno.test("admission: with many rejections under way the next is aborted before its handshake", async () => {
  const limiter = full();
  for (let id = 200; id < 264; id++) limiter.acquire(id, "::2");
  let handshakes = 0;
  const conn = new Shaking(() => (handshakes++, Promise.resolve(null)));
  const detail = "the server has 1 connections already";
  assertEquals(await admitted(conn, {}, { limiter }), { reason: "over-limit", detail });
  assertEquals([conn.done, handshakes], [["abort"], 0]);
});
