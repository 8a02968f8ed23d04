import type { EmittedEvent } from "../../lib/server/events.ts";
import { EVENT_PAYLOAD_LIMIT, type ServerOptions } from "../../lib/server/options.ts";
import { serveClient } from "../../lib/server/session.ts";
import { delay } from "../../lib/std.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { assertEquals } from "../support/assert.ts";
import { Attentive, contextOf, Immovable } from "../support/conns.ts";
import { noise, utf8 } from "../support/sources.ts";

const text = (message: string) => encodeMsg(Kind.text, utf8(message));

/** How long a client may stand still in these tests, in milliseconds. */
const STALL_MS = 50;

/** Serves `conn` with a sink that holds each event as long as `hold` says; returns why it ended. */
async function endOf(
  conn: Attentive,
  options: Partial<ServerOptions> = {},
  hold: (event: EmittedEvent) => void | Promise<void> = () => {},
) {
  const closes: string[] = [];
  const sink = {
    wantsMessages: true,
    emit(event: EmittedEvent) {
      if (event.type === "client-close") closes.push(event.reason);
      return hold(event);
    },
    flush: () => Promise.resolve(),
  };
  const timeouts = { stallTimeout: STALL_MS, idleTimeout: STALL_MS, dialect: "frames" } as const;
  using it = contextOf(conn, { ...timeouts, ...options }, { sink });
  await serveClient(it.context);
  return closes;
}

Deno.test("session: a client that does not take the server's end is closed after the stall timeout", async () => {
  assertEquals(await endOf(new Immovable()), ["slow-reader"]);
});

Deno.test("session: a client that does not take the welcome is closed after the stall timeout", async () => {
  const welcome = "Welcome to my server";
  assertEquals(await endOf(new Immovable(), { welcome }), ["slow-reader"]);
});

for (const held of ["messages", "command"]) {
  Deno.test(`session: a client that waits for a sink is neither slow nor idle: ${held}`, async () => {
    const conn = new Attentive(
      encodeMsg(Kind.bytes, noise(EVENT_PAYLOAD_LIMIT + 1)),
      text("hello"),
      text("exit"),
    );
    const hold = ({ type }: { type: string }) => type === held ? delay(4 * STALL_MS) : undefined;
    assertEquals(await endOf(conn, {}, hold), ["exit"]);
  });
}
