/**
 * Datagrams that were not answered, told without letting who sends them fill the log.
 *
 * @module
 */
import type { Peer } from "../net/conn.ts";
import type { DatagramRejected, RejectionReason, Sink } from "./events.ts";

/** How often a source that goes on is told, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

/** How many sources are told apart within that time; the rest are told together, as the last of them. */
const MAX_SOURCES = 64;

/** Tells the first refusal of a source at once, and then once a second how many more there were. */
export class RejectionReporter {
  readonly #sink: Sink;
  readonly #told = new Map<string, { peer: Peer; reason: RejectionReason; count: number }>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Tells them to `emit`. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Counts one, or tells it. */
  add(peer: Peer, reason: RejectionReason): void {
    const source = `${reason} ${peer.hostname}`;
    const isKept = this.#told.size < MAX_SOURCES || this.#told.has(source);
    const key = isKept ? source : reason;
    const known = this.#told.get(key);
    if (known !== undefined) {
      known.peer = peer;
      known.count++;
      return;
    }
    this.#told.set(key, { peer, reason, count: 0 });
    this.#tell(peer, reason, 1);
    this.#timer ??= setInterval(() => this.#tellAll(), REPORT_INTERVAL_MS);
  }

  /** Tells what is left. */
  close(): void {
    while (this.#told.size > 0) this.#tellAll();
  }

  #tellAll(): void {
    for (const [key, refused] of this.#told) {
      if (refused.count > 0) this.#tell(refused.peer, refused.reason, refused.count);
      else this.#told.delete(key);
      refused.count = 0;
    }
    if (this.#told.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(peer: Peer, reason: RejectionReason, count: number): void {
    const event: DatagramRejected = {
      type: "datagram-rejected",
      time: Date.now(),
      peer,
      reason,
      count,
    };
    void this.#sink.emit(event); // nothing is owed to who is refused: it is not waited for
  }
}
