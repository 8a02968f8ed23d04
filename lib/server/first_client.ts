/**
 * The client that `--once` serves: the one whose first message came first.
 *
 * @module
 */

const BYTES = Int32Array.BYTES_PER_ELEMENT;

/** Decides which client it is, for one server or for several that share `memory`. */
export class FirstClient {
  readonly #id: Int32Array;

  /** Without `memory`, of one server alone. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.#id = new Int32Array(memory);
  }

  /** A message of connection `id` has come. Returns whether none of another came before. */
  claim(id: number): boolean {
    const first = Atomics.compareExchange(this.#id, 0, 0, id);
    return first === 0 || first === id;
  }
}
