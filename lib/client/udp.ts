/**
 * The client of a UDP echo server (RFC 862). Retries lost datagrams and counts every outcome.
 *
 * A datagram carries only its message, so the client matches an echo by its bytes. If two equal
 * messages are in flight, the first echo counts for the message sent first.
 *
 * @module
 */
import { Failure, type FailureKind, reasonOf } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import type { Datagram, DatagramSocket } from "../net/datagram.ts";
import { RepeatedRace } from "../race.ts";
import { delay, equals } from "../std.ts";
import type { Counts, Emit } from "./events.ts";
import { RecentMessages } from "./recent_messages.ts";

/** The longest message, in bytes: the limit over IPv4, which is below the limit over IPv6. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** The number of messages in flight: enough for a distant server, too few to flood a near one. */
const MAX_IN_FLIGHT = 16;

/**
 * The shortest wait for a duplicate of the last echo. The wait is longer if the slowest echo took
 * longer.
 */
const LATE_ECHO_WAIT_MS = 20;

/** The options of a `DatagramClient`. */
export interface DatagramOptions {
  /** The server's name in error messages: `localhost UDP port 12345`. */
  server: string;
  /** The server's possible addresses. Each try uses the next one until an address answers. */
  servers: Endpoint[];
  /** `--timeout`: the time to wait for an echo before the next try, in milliseconds. */
  timeout: number;
  /** `--retries`: the number of retries for each message. */
  retries: number;
}

/** A message in flight. */
interface InFlight {
  payload: Uint8Array;
  tries: number;
  /** The time of the last try, from `performance.now()`. */
  time: number;
  /** Whether the echo of a later message has arrived first. */
  reordered: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Sends messages as datagrams to one server and receives their echoes. */
export class DatagramClient {
  readonly #socket: DatagramSocket;
  readonly #options: DatagramOptions;
  readonly #emit: Emit;
  /** Ordered by the time of the last try. */
  readonly #inFlight: InFlight[] = [];
  readonly #recent = new RecentMessages();
  readonly #failed = Promise.withResolvers<never>();
  readonly #untilFailed = new RepeatedRace(this.#failed.promise);
  #progress = Promise.withResolvers<void>();
  #servers: Endpoint[];
  /** The unknown address that sent an expected echo. */
  #otherSender: Endpoint | null = null;
  #consecutiveLosses = 0;
  #lateEchoWaitMs = LATE_ECHO_WAIT_MS;
  #closed = false;

  /** The outcome of the messages so far. */
  readonly counts: Counts = {
    sent: 0,
    echoed: 0,
    lost: 0,
    retried: 0,
    duplicated: 0,
    reordered: 0,
  };

  /** Sends and receives on `socket`. `end` closes the socket. */
  constructor(socket: DatagramSocket, options: DatagramOptions, emit: Emit) {
    this.#socket = socket;
    this.#options = options;
    this.#emit = emit;
    this.#servers = options.servers;
    this.failed.catch(() => {}); // prevents an unhandled rejection before a caller awaits it
    this.#receiveAll().catch((error) => this.#failed.reject(error));
  }

  /**
   * Rejects with a `Failure`; never resolves. The kind is `mismatch` after an echo of a message that
   * was not sent. The kind is `unreachable` or `lost` when echoes no longer arrive.
   */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /**
   * Sends a message; an `echoed` event reports its echo. Waits while too many messages are in flight.
   * Rejects like `failed`, and with a `Failure` of kind `usage` for a message that is too long.
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
    while (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#nextProgress();
    this.counts.sent++;
    const message: InFlight = {
      payload: payload.slice(),
      tries: 0,
      time: 0,
      reordered: false,
      timer: undefined,
    };
    await this.#emit({ type: "sending", time: Date.now(), payload });
    await this.#sendTry(message);
  }

  /**
   * Closes the socket and settles once every message is echoed or lost. Rejects like `failed`, and
   * with a `Failure` of kind `unreachable` or `lost` after a loss.
   */
  async end(): Promise<void> {
    try {
      while (this.#inFlight.length > 0) await this.#nextProgress();
      if (this.counts.echoed > 0) await Promise.race([delay(this.#lateEchoWaitMs), this.failed]);
      if (this.counts.lost > 0) throw this.#lostFailure();
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

  /** Settles at the next echo or the next lost message. */
  async #nextProgress(): Promise<void> {
    await this.#untilFailed.run(this.#progress.promise);
  }

  #notifyProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  async #sendTry(message: InFlight): Promise<void> {
    const to = this.#servers[message.tries % this.#servers.length]!;
    message.tries++;
    message.time = performance.now();
    message.reordered = false;
    this.#inFlight.push(message);
    message.timer = setTimeout(() => this.#onTimeout(message), this.#options.timeout);
    try {
      await this.#socket.send(message.payload, to);
    } catch (error) {
      // One of several addresses may have no route, for example IPv6 on a host without IPv6.
      if (this.#closed || isPortUnreachable(error) || this.#servers.length > 1) return;
      this.#failed.reject(
        this.#failure("unreachable", reasonOf(error), "check the network", error),
      );
    }
  }

  #onTimeout(message: InFlight): void {
    const { payload, tries } = message;
    this.#inFlight.splice(this.#inFlight.indexOf(message), 1);
    if (tries <= this.#options.retries) {
      this.counts.retried++;
      void this.#emit({ type: "retrying", time: Date.now(), payload });
      void this.#sendTry(message);
      return;
    }
    this.counts.lost++;
    this.#recent.add(payload, false);
    void this.#emit({ type: "unanswered", time: Date.now(), payload });
    if (++this.#consecutiveLosses >= MAX_IN_FLIGHT) this.#failed.reject(this.#lostFailure());
    this.#notifyProgress();
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
    const server = this.#servers.find((known) => isSameEndpoint(known, from));
    const index = this.#inFlight.findIndex(({ payload }) => equals(payload, bytes));
    if (server === undefined) {
      if (index >= 0) this.#otherSender = from;
      return; // any host can send to this port
    }
    this.#servers = [server];
    const message = this.#inFlight[index];
    if (message === undefined) return await this.#takeLate(bytes);
    for (const earlier of this.#inFlight.slice(0, index)) earlier.reordered = true;
    this.#inFlight.splice(index, 1);
    clearTimeout(message.timer);
    this.#lateEchoWaitMs = Math.max(this.#lateEchoWaitMs, performance.now() - message.time);
    if (message.reordered) this.counts.reordered++;
    await this.#recordEcho(bytes);
  }

  /** Handles a datagram that matches no message in flight: duplicated, late or never sent. */
  async #takeLate(bytes: Uint8Array): Promise<void> {
    const wasEchoed = this.#recent.get(bytes);
    if (wasEchoed === undefined) throw this.#mismatch(bytes);
    if (wasEchoed) {
      this.counts.duplicated++;
      return;
    }
    this.counts.lost--;
    await this.#recordEcho(bytes);
  }

  async #recordEcho(payload: Uint8Array): Promise<void> {
    this.counts.echoed++;
    this.#consecutiveLosses = 0;
    this.#recent.add(payload, true);
    this.#notifyProgress();
    await this.#emit({ type: "echoed", time: Date.now(), payload });
  }

  #mismatch(bytes: Uint8Array): Failure {
    return new Failure("mismatch", {
      what: `cannot rely on ${this.#options.server}`,
      why: `it echoed a datagram of ${bytes.length} bytes that was not sent`,
    });
  }

  #lostFailure(): Failure {
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

function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.hostname === b.hostname && a.port === b.port;
}

/**
 * Whether an earlier datagram caused an ICMP "port unreachable". The client ignores it, because the
 * timeout detects the loss as for any other datagram.
 */
function isPortUnreachable(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionReset;
}
