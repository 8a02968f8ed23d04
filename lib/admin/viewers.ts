/**
 * The open live pages: each gets every status as a server-sent event, as long as it takes them.
 *
 * @module
 */
import { HttpError } from "../wire/http.ts";
import type { WriteQueue } from "../wire/write_queue.ts";

/** How many there may be at a time. */
const MAX_VIEWERS = 16;

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
  /** Each with the time when it last took an event, in milliseconds that never run backwards. */
  readonly #viewers = new Map<Viewer, number>();

  /** How many there are. */
  get size(): number {
    return this.#viewers.size;
  }

  /** Throws an `HttpError` where there are too many. */
  checkRoom(): void {
    if (this.#viewers.size >= MAX_VIEWERS) {
      throw new HttpError(503, `${MAX_VIEWERS} pages are open already`);
    }
  }

  /** Sends events to `viewer` from now on. */
  add(viewer: Viewer): void {
    this.#viewers.set(viewer, performance.now());
  }

  /** Sends it none any more. */
  delete(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** Sends an event to all. One that has not taken the event before misses it. */
  send(name: string, data: unknown): void {
    const event = encodeEvent(name, data);
    const now = performance.now();
    for (const [viewer, since] of this.#viewers) {
      if (!viewer.queue.hasPending) {
        this.#viewers.set(viewer, now);
        viewer.queue.write(event).catch(() => {}); // its connection finds out for itself
      } else if (now - since > STALL_TIMEOUT_MS) viewer.abort();
    }
  }
}

/** One server-sent event: JSON has no line end that could end it early. */
export function encodeEvent(name: string, data: unknown): Uint8Array {
  return utf8.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
