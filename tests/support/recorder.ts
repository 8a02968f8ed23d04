/**
 * A sink that remembers what happened, and can be waited on.
 *
 * @module
 */

/** How long an event may take, in milliseconds. A test that waits longer fails with what did happen. */
const DEADLINE_MS = 20_000;

/** Remembers events; pass its `emit` as the sink. */
export class Recorder<E extends { type: string }> {
  /** All events so far. */
  readonly events: E[] = [];
  #wake = Promise.withResolvers<void>();

  /** The sink. A payload is copied, as who keeps one must. */
  readonly emit = (event: E): void => {
    this.events.push(structuredClone(event));
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  };

  /** All events of a type so far. */
  all<T extends E["type"]>(type: T): Extract<E, { type: T }>[] {
    return this.events.filter((event): event is Extract<E, { type: T }> => event.type === type);
  }

  /** The `nth` event of a type, as soon as there is one. */
  async wait<T extends E["type"]>(type: T, nth = 1): Promise<Extract<E, { type: T }>> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      const types = this.events.map((event) => event.type).join(" ");
      late.reject(new Error(`no event ${type} number ${nth} among: ${types}`));
    }, DEADLINE_MS);
    try {
      for (;;) {
        const event = this.all(type)[nth - 1];
        if (event !== undefined) return event;
        await Promise.race([this.#wake.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
