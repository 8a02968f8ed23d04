/**
 * The functions used from the Deno standard library, typed in this one place: its npm republication
 * ships no types. With `jsr:` in deno.json the annotations become redundant, and stay true.
 *
 * @module
 */
import { delay as untypedDelay } from "@std/async/delay";
import { concat as untypedConcat } from "@std/bytes/concat";
import { equals as untypedEquals } from "@std/bytes/equals";
import { parseArgs as untypedParseArgs } from "@std/cli/parse-args";
import { levenshteinDistance as untypedDistance } from "@std/text/levenshtein-distance";

/** The options that `parseArgs` knows. */
export interface ParseArgsOptions {
  /** Options that take a value; `_` keeps the positional words as text. */
  string: string[];
  /** Options that take none. */
  boolean: string[];
  /** Options that may be given several times. */
  collect?: string[];
  /** Other names, `{ b: "broadcast" }`. */
  alias: Record<string, string>;
  /** Keep what follows `--` apart, as it is. */
  "--": true;
  /** Called for every word that is not a known option; false leaves it out. */
  unknown: (word: string, key?: string, value?: unknown) => boolean;
}

/** The words of a command line, sorted by `parseArgs`. */
export interface ParsedArgs {
  /** The positional words. */
  _: string[];
  /** What followed `--`. */
  "--": string[];
  /** The options by name. */
  [option: string]: string | boolean | string[] | undefined;
}

/** Sorts a command line into options and positional words. */
export const parseArgs: (words: string[], options: ParseArgsOptions) => ParsedArgs =
  untypedParseArgs;

/** Settles after `ms` milliseconds; rejects at once when `signal` is aborted. */
export const delay: (ms: number, options?: { signal?: AbortSignal }) => Promise<void> =
  untypedDelay;

/** How many characters have to be inserted, removed or replaced to make one text of the other. */
export const levenshteinDistance: (one: string, other: string) => number = untypedDistance;

/** Several pieces of bytes as one. */
export const concat: (pieces: Uint8Array[]) => Uint8Array = untypedConcat;

/** A destination that may take only a part of what it is given. */
export interface PartialWriter {
  /** Writes the beginning of `bytes`; returns how many bytes that is. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of `bytes`. `@std/io`, which has it, is not in the npm republication. */
export async function writeAll(writer: PartialWriter, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await writer.write(bytes.subarray(written));
  }
}

/** Whether two pieces of bytes are the same. */
export const equals: (a: Uint8Array, b: Uint8Array) => boolean = untypedEquals;

/**
 * Settles when all jobs have settled, and rejects with the first failure then: no job is left under
 * way, as `Promise.all` would leave it.
 */
export async function settleAll(...jobs: (void | Promise<void>)[]): Promise<void> {
  await Promise.allSettled(jobs);
  await Promise.all(jobs);
}
