import type { Conn } from "../../lib/net/conn.ts";
import type { CloseReason, EmittedEvent } from "../../lib/server/events.ts";
import { IdleMonitor } from "../../lib/server/idle_monitor.ts";
import { LocalConnectionLimiter } from "../../lib/server/limits.ts";
import { EVENT_PAYLOAD_LIMIT, SERVER_DEFAULTS } from "../../lib/server/options.ts";
import { serveClient } from "../../lib/server/session.ts";
import { delay } from "../../lib/std.ts";
import { DIALECTS } from "../../lib/wire/dialect.ts";
import { encodeMsg } from "../../lib/wire/frames.ts";
import { Kind } from "../../lib/wire/kind.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { assertEquals } from "../support/assert.ts";
import { noise, pieces, utf8 } from "../support/sources.ts";

const text = (message: string) => encodeMsg(Kind.text, utf8(message));

/** A connection whose peer takes all of its echoes, and sends no more than what is given. */
class Attentive implements Conn {
  readonly peer = { hostname: "::1", port: 50_512 };
  readonly name = "[::1]:50512";
  readonly isEncrypted = true;
  written = 0;
  readonly read: Conn["read"];

  constructor(...sent: Uint8Array[]) {
    this.read = pieces(...sent).read;
  }

  handshake() {
    return Promise.resolve(null);
  }

  write(bytes: Uint8Array) {
    this.written += bytes.length;
    return Promise.resolve();
  }

  closeWrite() {
    return Promise.resolve();
  }

  close() {}

  abort() {}
}

/** A connection whose peer takes neither an echo nor the end. */
class Immovable extends Attentive {
  readonly #over = Promise.withResolvers<never>();

  override write() {
    return this.#over.promise;
  }

  override closeWrite() {
    return this.#over.promise;
  }

  override abort() {
    this.#over.reject(new Error("aborted"));
  }
}

/** How long a client may stand still in these tests, in milliseconds. */
const STALL_MS = 50;

/** Serves `conn` with a sink that holds each event as long as `hold` says; returns why it ended. */
async function endOf(
  conn: Conn,
  welcome: string | null = null,
  hold: (event: EmittedEvent) => void | Promise<void> = () => {},
): Promise<CloseReason> {
  const monitor = new IdleMonitor(STALL_MS);
  let reason: CloseReason | null = null;
  await serveClient({
    conn,
    id: 1,
    options: {
      ...SERVER_DEFAULTS,
      stallTimeout: STALL_MS,
      idleTimeout: STALL_MS,
      welcome,
      dialect: "frames",
    },
    dialects: DIALECTS,
    limiter: new LocalConnectionLimiter(1, 1),
    hub: null,
    budget: new MemoryBudget(0),
    monitor,
    sink: {
      wantsMessages: true,
      emit(event) {
        if (event.type === "client-close") reason = event.reason;
        return hold(event);
      },
      flush: () => Promise.resolve(),
    },
    stop: new AbortController().signal,
  });
  monitor.close();
  return reason!;
}

Deno.test("session: a client that does not take the server's end is closed after the stall timeout", async () => {
  assertEquals(await endOf(new Immovable()), "slow-reader");
});

Deno.test("session: a client that does not take the welcome is closed after the stall timeout", async () => {
  assertEquals(await endOf(new Immovable(), "Welcome to my server"), "slow-reader");
});

for (const held of ["messages", "command"]) {
  Deno.test(`session: a client that waits for a sink is neither slow nor idle: ${held}`, async () => {
    const conn = new Attentive(
      encodeMsg(Kind.bytes, noise(EVENT_PAYLOAD_LIMIT + 1)),
      text("hello"),
      text("exit"),
    );
    const hold = ({ type }: { type: string }) => type === held ? delay(4 * STALL_MS) : undefined;
    assertEquals(await endOf(conn, null, hold), "exit");
  });
}
