/**
 * Datagrams to an echo of RFC 862 and back: what is lost is sent again, and all of it is counted.
 *
 * A datagram carries its message and nothing else, so an echo is recognized by what it says. Of two
 * equal messages under way the one that was sent first counts as echoed first.
 *
 * @module
 */
import { Failure, type FailureKind, reasonOf } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import type { Datagram, DatagramSocket } from "../net/datagram.ts";
import { delay, equals } from "../std.ts";
import type { Counts, Emit } from "./events.ts";
import { RecentMessages } from "./recent_messages.ts";

/** The longest message, in bytes: what every network's datagrams hold. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** How many messages may be under way: enough for a far server, too few to flood a near one. */
const MAX_IN_FLIGHT = 16;

/** How long to wait for a second echo of the last message, in milliseconds; a slow one takes longer. */
const LATE_ECHO_WAIT_MS = 20;

/** How the client sends. */
export interface DatagramOptions {
  /** The server as people know it, for the text of failures: `localhost UDP port 12345`. */
  server: string;
  /** Where it may be. They are tried in turn until one answers. */
  servers: Endpoint[];
  /** `--timeout`: how long to wait for an echo before the next try, in milliseconds. */
  timeout: number;
  /** `--retries`: how often to send a message again. */
  retries: number;
}

/** A message under way. */
interface Sent {
  payload: Uint8Array;
  tries: number;
  /** When it was sent last. */
  time: number;
  /** Whether the echo of one that was sent later has come before its own. */
  reordered: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** A conversation in datagrams. */
export class DatagramClient {
  readonly #socket: DatagramSocket;
  readonly #options: DatagramOptions;
  readonly #emit: Emit;
  /** In the order in which they were sent last. */
  readonly #inFlight: Sent[] = [];
  readonly #past = new RecentMessages();
  readonly #failed = Promise.withResolvers<never>();
  #change = Promise.withResolvers<void>();
  #servers: Endpoint[];
  /** Who answered in the server's place. */
  #otherSender: Endpoint | null = null;
  #lostInARow = 0;
  #slowest = LATE_ECHO_WAIT_MS;
  #closed = false;

  /** What became of the messages so far. */
  readonly counts: Counts = {
    sent: 0,
    echoed: 0,
    lost: 0,
    retried: 0,
    duplicated: 0,
    reordered: 0,
  };

  /** Talks through `socket`, and closes it in the end. */
  constructor(socket: DatagramSocket, options: DatagramOptions, emit: Emit) {
    this.#socket = socket;
    this.#options = options;
    this.#emit = emit;
    this.#servers = options.servers;
    this.failed.catch(() => {}); // whoever cares awaits it; until then it is not unhandled
    this.#receiveAll().catch((error) => this.#failed.reject(error));
  }

  /**
   * Rejects with a `Failure`, and never settles otherwise: `mismatch` when something comes back that
   * was not sent, `unreachable` or `lost` when nothing does any more.
   */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /**
   * Sends a message; its echo is told as an event. Waits while too many are under way. Rejects like
   * `failed`, and with a `Failure` of kind `usage` when it is too long.
   */
  async send(payload: Uint8Array): Promise<void> {
    if (payload.length > MAX_DATAGRAM_BYTES) {
      const why = `it has ${payload.length} bytes, and a datagram holds ${MAX_DATAGRAM_BYTES}`;
      throw new Failure("usage", {
        what: "cannot send the message",
        why,
        hint: "send it in parts",
      });
    }
    while (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#changed();
    this.counts.sent++;
    const sent = {
      payload: payload.slice(),
      tries: 0,
      time: 0,
      reordered: false,
      timer: undefined,
    };
    await this.#emit({ type: "sending", time: Date.now(), payload });
    await this.#try(sent);
  }

  /**
   * Settles when every message is echoed or given up, and closes the socket. Rejects like `failed`,
   * and with a `Failure` of kind `unreachable` or `lost` when a message was not echoed.
   */
  async end(): Promise<void> {
    try {
      while (this.#inFlight.length > 0) await this.#changed();
      if (this.counts.echoed > 0) await Promise.race([delay(this.#slowest), this.failed]);
      if (this.counts.lost > 0) throw this.#lost();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      await this.#emit({ type: "failed", time: Date.now(), problem });
      throw error;
    } finally {
      this.#closed = true;
      for (const { timer } of this.#inFlight) clearTimeout(timer);
      this.#socket[Symbol.dispose]();
      await this.#emit({ type: "udp-summary", time: Date.now(), ...this.counts });
    }
  }

  /** Settles when an echo has come or a message is given up. */
  async #changed(): Promise<void> {
    await Promise.race([this.#change.promise, this.failed]);
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async #try(sent: Sent): Promise<void> {
    const to = this.#servers[sent.tries % this.#servers.length]!;
    sent.tries++;
    sent.time = performance.now();
    sent.reordered = false;
    this.#inFlight.push(sent);
    sent.timer = setTimeout(() => this.#onTimeout(sent), this.#options.timeout);
    try {
      await this.#socket.send(sent.payload, to);
    } catch (error) {
      // With several addresses some may be of a kind that has no way out of here.
      if (this.#closed || isPortUnreachable(error) || this.#servers.length > 1) return;
      this.#failed.reject(
        this.#failure("unreachable", reasonOf(error), "check the network", error),
      );
    }
  }

  #onTimeout(sent: Sent): void {
    const { payload, tries } = sent;
    this.#inFlight.splice(this.#inFlight.indexOf(sent), 1);
    if (tries <= this.#options.retries) {
      this.counts.retried++;
      void this.#emit({ type: "retrying", time: Date.now(), payload });
      void this.#try(sent);
      return;
    }
    this.counts.lost++;
    this.#past.add(payload, false);
    void this.#emit({ type: "unanswered", time: Date.now(), payload });
    if (++this.#lostInARow >= MAX_IN_FLIGHT) this.#failed.reject(this.#lost());
    this.#wake();
  }

  async #receiveAll(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#take(await this.#socket.receive());
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof Failure) throw error;
        if (!isPortUnreachable(error)) {
          throw this.#failure("lost", reasonOf(error), undefined, error);
        }
      }
    }
  }

  async #take({ bytes, from }: Datagram): Promise<void> {
    const server = this.#servers.find((one) => isSame(one, from));
    const index = this.#inFlight.findIndex(({ payload }) => equals(payload, bytes));
    if (server === undefined) {
      if (index >= 0) this.#otherSender = from;
      return; // anybody can send to us
    }
    this.#servers = [server];
    const sent = this.#inFlight[index];
    if (sent === undefined) return await this.#takeLate(bytes);
    for (const earlier of this.#inFlight.slice(0, index)) earlier.reordered = true;
    this.#inFlight.splice(index, 1);
    clearTimeout(sent.timer);
    this.#slowest = Math.max(this.#slowest, performance.now() - sent.time);
    if (sent.reordered) this.counts.reordered++;
    await this.#echoed(bytes);
  }

  /** What is not under way came once more, or after it was given up, or was never sent. */
  async #takeLate(bytes: Uint8Array): Promise<void> {
    const wasEchoed = this.#past.get(bytes);
    if (wasEchoed === undefined) throw this.#mismatch(bytes);
    if (wasEchoed) {
      this.counts.duplicated++;
      return;
    }
    this.counts.lost--;
    await this.#echoed(bytes);
  }

  async #echoed(payload: Uint8Array): Promise<void> {
    this.counts.echoed++;
    this.#lostInARow = 0;
    this.#past.add(payload, true);
    this.#wake();
    await this.#emit({ type: "echoed", time: Date.now(), payload });
  }

  #mismatch(bytes: Uint8Array): Failure {
    return new Failure("mismatch", {
      what: `cannot rely on ${this.#options.server}`,
      why: `it echoed a datagram of ${bytes.length} bytes that was not sent`,
    });
  }

  #lost(): Failure {
    const { sent, echoed, lost } = this.counts;
    const { timeout, retries } = this.#options;
    const tries = retries === 0 ? "one try" : `${retries + 1} tries`;
    const which = sent === 1 ? "" : ` of ${lost} of ${sent} messages`;
    const why = `no echo${which} in ${tries} of ${timeout / 1000} s`;
    if (this.#otherSender !== null) {
      const { hostname, port } = this.#otherSender;
      return this.#failure("lost", why, `the echo came from ${hostname} port ${port}: send there`);
    }
    if (echoed > 0) return this.#failure("lost", why);
    return this.#failure("unreachable", why, "check that an echo listens there on UDP (--udp)");
  }

  #failure(kind: FailureKind, why: string, hint?: string, cause?: unknown): Failure {
    const what = kind === "lost"
      ? `lost datagrams to ${this.#options.server}`
      : `cannot reach ${this.#options.server}`;
    return new Failure(kind, { what, why, cause, ...(hint === undefined ? {} : { hint }) });
  }
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.hostname === b.hostname && a.port === b.port;
}

/** Nobody listens where an earlier datagram went; that it is lost is found out as for any other. */
function isPortUnreachable(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionReset;
}
