/**
 * A race that is run many times against the same promise.
 *
 * @module
 */

/**
 * Races many promises, one after the other, against one that lives long. `Promise.race` would leave a
 * callback with the long one for each race: 416 bytes for each line of a pipe.
 */
export class RepeatedRace<T> {
  readonly #long: Promise<T>;
  #isSettled = false;
  #settle: (result: Promise<T>) => void = () => {};

  /** Against `long`. */
  constructor(long: Promise<T>) {
    this.#long = long;
    const end = () => {
      this.#isSettled = true;
      this.#settle(long);
    };
    long.then(end, end);
  }

  /** As `Promise.race([short, long])`. The race before must have settled. */
  run<S>(short: Promise<S>): Promise<S | T> {
    if (this.#isSettled) return Promise.race([short, this.#long]);
    const { promise, resolve, reject } = Promise.withResolvers<S | T>();
    this.#settle = resolve;
    short.then(resolve, reject);
    return promise;
  }
}
