/**
 * Reports of datagrams that were not answered, with a bound: a flood must not fill the log.
 *
 * @module
 */
import type { Peer } from "../net/conn.ts";
import type { DatagramRejected, RejectionReason, Sink } from "./events.ts";

/** How often a source that goes on is reported, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/** How many sources have reports of their own at a time. All others share one, as the last of them. */
const MAX_SOURCES = 64;

interface Rejected {
  peer: Peer;
  reason: RejectionReason;
  /** How many since the last report. */
  count: number;
}

/** Reports the first rejection of a source at once, and then once a second how many followed. */
export class RejectionReporter {
  readonly #sink: Sink;
  readonly #rejected = new Map<string, Rejected>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Reports to `sink`. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Reports a rejection, or counts it. */
  add(peer: Peer, reason: RejectionReason): void {
    const source = `${reason} ${peer.hostname}`;
    const isSeparate = this.#rejected.size < MAX_SOURCES || this.#rejected.has(source);
    const key = isSeparate ? source : reason;
    const known = this.#rejected.get(key);
    if (known !== undefined) {
      known.peer = peer;
      known.count++;
      return;
    }
    this.#rejected.set(key, { peer, reason, count: 0 });
    this.#report({ peer, reason, count: 1 });
    this.#timer ??= setInterval(() => this.#reportAll(), REPORT_INTERVAL_MS);
  }

  /** Reports what is left. */
  close(): void {
    while (this.#rejected.size > 0) this.#reportAll();
  }

  #reportAll(): void {
    for (const [key, rejected] of this.#rejected) {
      if (rejected.count > 0) this.#report(rejected);
      else this.#rejected.delete(key);
      rejected.count = 0;
    }
    if (this.#rejected.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #report({ peer, reason, count }: Rejected): void {
    const type = "datagram-rejected";
    const event: DatagramRejected = { type, time: Date.now(), peer, reason, count };
    void this.#sink.emit(event); // a slow sink does not hold the service for rejected peers
  }
}
