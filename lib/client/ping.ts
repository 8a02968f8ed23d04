/**
 * One small message after the other to an echo server, and how long each takes.
 *
 * @module
 */
import { Failure, reasonOf } from "../failure.ts";
import { delay } from "../std.ts";

/** The smallest message, in bytes: it has its number. */
export const MIN_PING_BYTES = 16;

/** A way to a server and back. */
export interface PingLink {
  /** The address: `[::1]:12345`. */
  readonly peer: string;
  /** How long the connection took, and the TLS handshake, in milliseconds; null where there is none. */
  readonly times: { connect: number | null; handshake: number | null };
  /** Sends a message. */
  send(payload: Uint8Array): Promise<void>;
  /** The next echo; null at the end. Throws a `Failure` for what is no echo. */
  next(): Promise<Uint8Array | null>;
  /** Gives it up. */
  close(): void;
}

/** What happens, for a person to see. Times are in milliseconds. */
export type PingEvent =
  | { type: "connected"; peer: string; connect: number | null; handshake: number | null }
  | { type: "echoed"; sequence: number; bytes: number; peer: string; time: number; isLate: boolean }
  | { type: "unanswered"; sequence: number; timeout: number }
  | { type: "disconnected"; reason: string; lost: number }
  | { type: "unreachable"; reason: string };

/** What came of all messages. Times are in milliseconds. */
export interface PingSummary {
  /** How many were sent. */
  sent: number;
  /** How many came back, late ones included. */
  echoed: number;
  /** How many of these came after the timeout. */
  late: number;
  /** How many did not come back. */
  lost: number;
  /** How long it has run. */
  duration: number;
  /** Each echo's time, in the order of the echoes. */
  times: readonly number[];
}

/** How to ping. */
export interface PingOptions {
  /** Connects. Throws a `Failure`. */
  open(): Promise<PingLink>;
  /** The time from one message to the next, in milliseconds. */
  interval: number;
  /** How many messages; null: until `signal` is aborted. */
  count: number | null;
  /** The bytes of a message. */
  size: number;
  /** After so many milliseconds an echo is late, or lost. */
  timeout: number;
}

/** Sends, receives and counts. */
export class Pinger {
  readonly #options: PingOptions;
  readonly #emit: (event: PingEvent) => void;
  readonly #started = performance.now();
  /** When each message was sent that has no echo; late ones are told once. */
  readonly #waiting = new Map<number, { sentAt: number; isLate: boolean }>();
  readonly #times: number[] = [];
  #link: PingLink | null = null;
  #isOpening = false;
  #sent = 0;
  #late = 0;
  #lost = 0;
  #failure: Failure | null = null;

  /** Tells `emit` what happens. */
  constructor(options: PingOptions, emit: (event: PingEvent) => void) {
    this.#options = options;
    this.#emit = emit;
  }

  /** What came of it so far. */
  summary(): PingSummary {
    return {
      sent: this.#sent,
      echoed: this.#times.length,
      late: this.#late,
      lost: this.#lost,
      duration: performance.now() - this.#started,
      times: this.#times,
    };
  }

  /**
   * Runs until all are sent and answered, or lost, or until `signal` is aborted. Rejects with a
   * `Failure` where the first connection cannot be made, or what comes back is no echo.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { interval, count, timeout } = this.#options;
    this.#attach(await this.#options.open());
    const begun = performance.now();
    for (let turn = 0; !signal.aborted && this.#failure === null; turn++) {
      if (count !== null && this.#sent >= count) break;
      this.#tick();
      // From the beginning, so that a late timer does not shift all that follow.
      const next = begun + (turn + 1) * interval;
      await delay(Math.max(0, next - performance.now()), { signal }).catch(() => {});
      this.#lookForLate();
    }
    const end = performance.now() + timeout;
    while (this.#waiting.size > 0 && performance.now() < end) {
      if (signal.aborted || this.#failure !== null) break;
      await delay(5, { signal }).catch(() => {});
    }
    this.#lookForLate();
    if (!signal.aborted) this.#lost += this.#waiting.size;
    const link = this.#link;
    this.#link = null; // its end is ours
    link?.close();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Sends the next message, or tries to connect again. */
  #tick(): void {
    const link = this.#link;
    if (link === null) return void this.#reopen();
    const sequence = ++this.#sent;
    this.#waiting.set(sequence, { sentAt: performance.now(), isLate: false });
    link.send(encodePing(sequence, this.#options.size)).catch(() => {}); // receiving tells why
  }

  async #reopen(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      this.#attach(await this.#options.open());
    } catch (error) {
      this.#emit({ type: "unreachable", reason: whyOf(error) });
    }
    this.#isOpening = false;
  }

  #attach(link: PingLink): void {
    this.#link = link;
    this.#emit({ type: "connected", peer: link.peer, ...link.times });
    void this.#receive(link);
  }

  async #receive(link: PingLink): Promise<void> {
    let reason = "the server closed it";
    try {
      for (let echo = await link.next(); echo !== null; echo = await link.next()) {
        this.#onEcho(link, echo);
      }
    } catch (error) {
      if (error instanceof Failure && error.kind !== "lost") this.#failure = error;
      reason = whyOf(error);
    }
    if (this.#link !== link) return;
    this.#link = null;
    link.close();
    const lost = this.#waiting.size;
    this.#waiting.clear();
    this.#lost += lost;
    if (this.#failure === null) this.#emit({ type: "disconnected", reason, lost });
  }

  #onEcho(link: PingLink, echo: Uint8Array): void {
    const sequence = sequenceIn(echo);
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) return; // twice, over UDP
    this.#waiting.delete(sequence);
    const time = performance.now() - waiting.sentAt;
    const isLate = time > this.#options.timeout;
    if (isLate) this.#late++;
    this.#times.push(time);
    const { peer } = link;
    this.#emit({ type: "echoed", sequence, bytes: echo.length, peer, time, isLate });
  }

  #lookForLate(): void {
    const { timeout } = this.#options;
    const now = performance.now();
    for (const [sequence, waiting] of this.#waiting) {
      if (waiting.isLate || now - waiting.sentAt <= timeout) continue;
      waiting.isLate = true;
      this.#emit({ type: "unanswered", sequence, timeout });
    }
  }
}

/** A message with its number: text, so that every echo server can return it. */
export function encodePing(sequence: number, size: number): Uint8Array {
  return new TextEncoder().encode(`ping ${sequence} `.padEnd(size, "."));
}

/** The number of an echo; NaN where it is none. */
export function sequenceIn(echo: Uint8Array): number {
  return Number(/^ping (\d{1,9}) \.*$/.exec(new TextDecoder().decode(echo))?.[1] ?? NaN);
}

function whyOf(error: unknown): string {
  return error instanceof Failure ? error.parts.why : reasonOf(error);
}
