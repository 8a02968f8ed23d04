/**
 * Options as a table: parsing, errors and help all come from it.
 *
 * @module
 */
import { isFingerprint } from "../certs/fingerprint.ts";
import { Failure } from "../failure.ts";
import { type Level, LEVELS } from "../log/level.ts";
import { parseArgs } from "../std.ts";
import { type DialectName, DIALECTS } from "../wire/dialect.ts";
import { BUFFER_SIZE, type BufferSize } from "../wire/reader.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "../text/units.ts";

/** One option. */
export interface Option<T> {
  /** What stands for its value in the help; a switch has none. */
  value?: string;
  /** Its one-letter name. */
  short?: string;
  /** What it does, in the help; the default is added. */
  help: string;
  /** What holds when it is not given. */
  initial: T;
  /** How the default is shown; nothing is said where it is null. */
  shown: string | null;
  /** The value that is meant, or null if the text is none. */
  parse(text: string): T | null;
  /** What a good value is: `a time such as 500ms, 10s or 5m`; of no use to a switch. */
  expects: string;
}

/** The options of a command by their long names. */
// deno-lint-ignore no-explicit-any -- options of any type stand side by side
export type OptionTable = Record<string, Option<any>>;

/** The values of the options of a table. */
export type Values<T extends OptionTable> = {
  [Name in keyof T]: T[Name] extends Option<infer V> ? V : never;
};

/** A command line, sorted. */
export interface Parsed<T extends OptionTable> {
  /** The words that are not options, as they were typed. */
  words: string[];
  /** The value of each option. */
  options: Values<T>;
}

/** An option without a value. */
export function flag(help: string, short?: string): Option<boolean> {
  const named = short === undefined ? {} : { short };
  return { ...named, help, initial: false, shown: null, parse: () => true, expects: "" };
}

/** An option that names a file. */
export function file(help: string, initial: string | null = null): Option<string | null> {
  const parse = (text: string) => text === "" ? null : text;
  return { value: "FILE", help, initial, shown: initial, parse, expects: "the name of a file" };
}

/** An option with a duration in milliseconds. */
export function duration(help: string, initial: number): Option<number> {
  const parse = (text: string) => {
    const milliseconds = parseDuration(text);
    return milliseconds === 0 || (milliseconds ?? Infinity) > MAX_TIMER_MS ? null : milliseconds;
  };
  const shown = formatDuration(initial);
  return { value: "TIME", help, initial, shown, parse, expects: "a time such as 500ms, 10s or 5m" };
}

/** An option with a whole number from `least` to `most`. */
export function count(help: string, initial: number, most: number, least = 1): Option<number> {
  const parse = (text: string) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return number >= least && number <= most ? number : null;
  };
  const expects = `a number from ${least} to ${most}`;
  return { value: "N", help, initial, shown: `${initial}`, parse, expects };
}

/** What a timer can count, in milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An option with a size in bytes, `most` at most. */
export function size(help: string, initial: number, most: number): Option<number> {
  const parse = (text: string) => {
    const bytes = parseSize(text);
    return bytes === null || bytes === 0 || bytes > most ? null : bytes;
  };
  const expects = `a size from 1 to ${formatSize(most)}, such as 64k or 16MiB`;
  return { value: "SIZE", help, initial, shown: formatSize(initial), parse, expects };
}

/** The size of a read buffer in bytes: one that grows, unless it is given. */
export function buffer(help: string): Option<BufferSize> {
  const { parse, expects } = size(help, BUFFER_SIZE.min, MAX_BUFFER_BYTES);
  const fixed = (text: string) => {
    const bytes = parse(text);
    return bytes === null ? null : { min: bytes, max: bytes };
  };
  return { value: "SIZE", help, initial: BUFFER_SIZE, shown: null, parse: fixed, expects };
}

/** Beyond this a buffer costs more than it saves, in bytes. */
const MAX_BUFFER_BYTES = 16 * 1024 * 1024;

/** An option with any text. */
export function text(help: string): Option<string | null> {
  const parse = (given: string) => given === "" ? null : given;
  return { value: "TEXT", help, initial: null, shown: null, parse, expects: "a text" };
}

/** An option with the fingerprint of a key; some tools pad it. */
export function fingerprint(help: string): Option<string | null> {
  const parse = (given: string) => {
    const bare = given.replace(/=$/, "");
    return isFingerprint(bare) ? bare : null;
  };
  const expects = "SHA256: and 43 characters, as the server prints it";
  return { value: "SHA256:...", help, initial: null, shown: null, parse, expects };
}

/** An option with one of a few names. */
export function oneOf<T extends string>(help: string, names: readonly T[], initial: T): Option<T> {
  const parse = (text: string) => names.find((name) => name === text) ?? null;
  const expects = names.join(", ");
  return { value: "NAME", help: `${help}: ${expects}`, initial, shown: initial, parse, expects };
}

/** What the log leaves out. */
export const logLevel: Option<Level> = {
  ...oneOf("log nothing below", LEVELS, "info"),
  value: "LEVEL",
};

/** How messages are told apart; `auto` says what that is. */
export function dialect(auto: string): Option<DialectName | "auto"> {
  const names = ["auto", ...Object.keys(DIALECTS) as DialectName[]] as const;
  return { ...oneOf("how messages are told apart", names, "auto"), shown: `auto: ${auto}` };
}

/** Sorts a command line. Throws a `Failure` of kind `usage` that names the word that is wrong. */
export function parseOptions<T extends OptionTable>(table: T, args: string[]): Parsed<T> {
  const entries = Object.entries(table);
  rejectFlagValues(table, args);
  const parsed = parseArgs(args, {
    // Words stay text: 007 is a message, and not the number 7.
    string: ["_", ...entries.filter(([, { value }]) => value).map(([name]) => name)],
    boolean: entries.filter(([, { value }]) => !value).map(([name]) => name),
    alias: Object.fromEntries(
      entries.flatMap(([name, { short }]) => short ? [[short, name]] : []),
    ),
    "--": true,
    unknown: (word, key) => key === undefined || rejectOption(word),
  });
  const options: Record<string, unknown> = {};
  for (const [name, option] of entries) {
    const given = parsed[name];
    options[name] = given === undefined || given === false
      ? option.initial
      : valueOf(name, option, given);
  }
  return { words: [...parsed._, ...parsed["--"]], options: options as Values<T> };
}

function valueOf<T>(name: string, option: Option<T>, given: string | boolean | string[]): T {
  const text = String(Array.isArray(given) ? given.at(-1) : given);
  const value = option.parse(text);
  if (value !== null) return value;
  const what = text === ""
    ? `cannot use --${name} without a value`
    : `cannot use --${name} "${text}"`;
  throw new Failure("usage", { what, why: `it takes ${option.expects}` });
}

/** parseArgs would take `--no-log=yes` for `--no-log`, and `--no-log=no` too. */
function rejectFlagValues(table: OptionTable, args: string[]): void {
  for (const arg of args) {
    if (arg === "--") return;
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || !Object.hasOwn(table, name) || table[name]!.value) continue;
    throw new Failure("usage", {
      what: `cannot use --${name} "${value}"`,
      why: "it takes no value",
    });
  }
}

function rejectOption(word: string): never {
  throw new Failure("usage", {
    what: `cannot use "${word}"`,
    why: "there is no such option",
    hint: "put -- before words that start with a hyphen and are not options",
  });
}

/** The options of a table for the help, a line each, and the two that every command has. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { short, value, help, shown }]) => [
    `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`,
    shown === null ? help : `${help} (default ${shown})`,
  ]);
  return columns([...rows, ["-h, --help", "this text"], ["-V, --version", "which echo this is"]]);
}

/** Rows of two columns, indented, the second one aligned. */
export function columns(rows: string[][]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`).join("\n");
}
