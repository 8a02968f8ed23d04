/**
 * The open live pages: each gets every status as a server-sent event, as long as it takes them.
 *
 * @module
 */
import type { WriteQueue } from "../wire/write_queue.ts";

/** How many there may be at a time. */
export const MAX_VIEWERS = 16;

/** How long a viewer may take nothing, in milliseconds. */
const STALL_TIMEOUT_MS = 30_000;

const utf8 = new TextEncoder();

/** One open page. */
export interface Viewer {
  /** Its writes. */
  readonly queue: WriteQueue;
  /** Ends its connection. */
  abort(): void;
}

/** All of them. */
export class Viewers {
  /** Those that have a place. */
  readonly #entered = new Set<Viewer>();
  /** Those that get events, each with the time when it last took one, on a clock that never runs back. */
  readonly #shown = new Map<Viewer, number>();

  /** Gives `viewer` a place; false where there is none. */
  enter(viewer: Viewer): boolean {
    if (this.#entered.size >= MAX_VIEWERS) return false;
    this.#entered.add(viewer);
    return true;
  }

  /** Sends events to `viewer` from now on. */
  show(viewer: Viewer): void {
    this.#shown.set(viewer, performance.now());
  }

  /** Takes its place back. */
  leave(viewer: Viewer): void {
    this.#entered.delete(viewer);
    this.#shown.delete(viewer);
  }

  /** Sends an event to all. One that has not taken the event before misses it. */
  send(name: string, data: unknown): void {
    const event = encodeEvent(name, data);
    const now = performance.now();
    for (const [viewer, since] of this.#shown) {
      if (!viewer.queue.hasPending) {
        this.#shown.set(viewer, now);
        viewer.queue.write(event).catch(() => {}); // its connection finds out for itself
      } else if (now - since > STALL_TIMEOUT_MS) viewer.abort();
    }
  }
}

/** One server-sent event: JSON has no line end that could end it early. */
export function encodeEvent(name: string, data: unknown): Uint8Array {
  return utf8.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
