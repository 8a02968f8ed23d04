/**
 * Numbers that look random, and are the same for the same seed.
 *
 * @module
 */

/** A number from 0 to below 1. */
export type Random = () => number;

/** The numbers of one connection: mulberry32, of the public domain. */
export function randomOf(seed: number, connection: number): Random {
  let state = (seed ^ Math.imul(connection, 0x9e37_79b9)) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
