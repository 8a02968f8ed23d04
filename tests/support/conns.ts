/**
 * Connections without a network for tests of a session's parts, and what the server has for them.
 *
 * @module
 */
import type { Conn } from "../../lib/net/conn.ts";
import type { ConnectionContext } from "../../lib/server/connection.ts";
import type { EmittedEvent } from "../../lib/server/events.ts";
import { ConnectionMonitor } from "../../lib/server/connection_monitor.ts";
import { FirstClient } from "../../lib/server/first_client.ts";
import { LocalConnectionLimiter } from "../../lib/server/limits.ts";
import { SERVER_DEFAULTS, type ServerOptions } from "../../lib/server/options.ts";
import { DIALECTS } from "../../lib/wire/dialect.ts";
import { MemoryBudget } from "../../lib/wire/memory_budget.ts";
import { concat, pieces } from "./sources.ts";

/** A connection whose peer takes all that is written, and sends no more than what is given. */
export class Attentive implements Conn {
  readonly peer = { hostname: "::1", port: 50_512 };
  readonly name = "[::1]:50512";
  readonly isEncrypted = true;
  readonly read: Conn["read"];
  readonly #taken: Uint8Array[] = [];
  /** What was done to it besides reads and writes, in order. */
  readonly done: string[] = [];
  written = 0;

  constructor(...sent: Uint8Array[]) {
    this.read = pieces(...sent).read;
  }

  /** All that was written to it. */
  get taken(): Uint8Array<ArrayBuffer> {
    return concat(...this.#taken);
  }

  handshake(): Promise<string | null> {
    return Promise.resolve(null);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#taken.push(bytes.slice());
    this.written += bytes.length;
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    this.done.push("closeWrite");
    return Promise.resolve();
  }

  close(): void {
    this.done.push("close");
  }

  abort(): void {
    this.done.push("abort");
  }
}

/** A connection whose peer takes neither an echo nor the end. */
export class Immovable extends Attentive {
  readonly #over = Promise.withResolvers<never>();

  constructor(...sent: Uint8Array[]) {
    super(...sent);
    this.#over.promise.catch(() => {}); // nothing may be under way
  }

  override write(): Promise<never> {
    return this.#over.promise;
  }

  override closeWrite(): Promise<never> {
    return this.#over.promise;
  }

  override abort(): void {
    super.abort();
    this.#over.reject(new Error("aborted"));
  }
}

/** A context of one connection, and the events that its parts emit. */
export interface TestContext extends Disposable {
  /** For the part under test. */
  context: ConnectionContext;
  /** All events so far. */
  events: EmittedEvent[];
}

/** The context of `conn`, of a server with these options beside the defaults. */
export function contextOf(
  conn: Conn,
  options: Partial<ServerOptions> = {},
  rest: Partial<ConnectionContext> = {},
): TestContext {
  const events: EmittedEvent[] = [];
  const all = { ...SERVER_DEFAULTS, ...options };
  const monitor = new ConnectionMonitor(all.handshakeTimeout, all.idleTimeout, all.stallTimeout);
  const context: ConnectionContext = {
    conn,
    id: 1,
    options: all,
    dialects: DIALECTS,
    limiter: new LocalConnectionLimiter(all.maxConnections, all.maxPerAddress),
    meter: null,
    firstClient: new FirstClient(),
    hub: null,
    budget: new MemoryBudget(all.maxBuffered),
    historyBudget: new MemoryBudget(all.maxHistoryTotal),
    monitor,
    sink: {
      wantsMessages: true,
      emit: (event) => void events.push(event),
      flush: () => Promise.resolve(),
    },
    ...rest,
  };
  return { context, events, [Symbol.dispose]: () => monitor.close() };
}
