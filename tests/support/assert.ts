/**
 * The standard library's assertions, typed: its npm republication ships no types.
 *
 * @module
 */
import * as std from "@std/assert";

// deno-lint-ignore no-explicit-any -- a constructor of any error, whatever it takes
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Throws unless `value` is truthy. */
export const assert: (value: unknown, message?: string) => asserts value = std.assert;

/** Throws unless both are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertEquals;

/** Throws if both are deeply equal. */
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void =
  std.assertNotEquals;

/** Throws unless `text` contains `part`. */
export const assertStringIncludes: (text: string, part: string, message?: string) => void =
  std.assertStringIncludes;

/** Throws unless `text` matches. */
export const assertMatch: (text: string, pattern: RegExp, message?: string) => void =
  std.assertMatch;

/** Throws unless `fn` throws an `error`; returns what it threw. */
export const assertThrows: <E extends Error>(
  fn: () => unknown,
  error: ErrorClass<E>,
  part?: string,
) => E = std.assertThrows;

/** Rejects unless `fn` rejects with an `error`; resolves to what it rejected with. */
export const assertRejects: <E extends Error>(
  fn: () => PromiseLike<unknown>,
  error: ErrorClass<E>,
  part?: string,
) => Promise<E> = std.assertRejects;
