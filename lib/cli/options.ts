/**
 * Options as a table: parsing, errors and help all come from it.
 *
 * @module
 */
import { isFingerprint } from "../certs/fingerprint.ts";
import { Failure } from "../failure.ts";
import { type Endpoint, validateIpPort } from "../net/address.ts";
import { parseArgs } from "../std.ts";
import { type DialectName, DIALECTS } from "../wire/dialect.ts";
import { BUFFER_SIZE, type BufferSize } from "../wire/reader.ts";
import { suggestion } from "../text/suggest.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "../text/units.ts";

/** One option. */
export interface Option<T> {
  /** The name of its value in the help; a flag has none. */
  value?: string;
  /** Whether it may be given several times; its value is a list then, and `parse` makes one of one. */
  isRepeatable?: boolean;
  /** Its one-letter name. */
  short?: string;
  /** The help text. The default is added to it. */
  help: string;
  /** The value when it is not given. */
  initial: T;
  /** The default as text for the help; null: it is not shown. */
  shown: string | null;
  /** Parses a value; null for a wrong text. */
  parse(text: string): T | null;
  /** A right value in words: `a time such as 500ms, 10s or 5m`. A flag needs none. */
  expects: string;
}

/** The options of a command by their long names. */
// deno-lint-ignore no-explicit-any -- options of all types are in one table
export type OptionTable = Record<string, Option<any>>;

/** `max-message` as `maxMessage`. */
export type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The values of the options of a table, under their names in camel case. */
export type Values<T extends OptionTable> = {
  [Name in keyof T as CamelCase<Name>]: T[Name] extends Option<infer V> ? V : never;
};

/** A parsed command line. */
export interface Parsed<T extends OptionTable> {
  /** The words that are not options, as they were typed. */
  words: string[];
  /** The value of each option. */
  options: Values<T>;
}

/** A flag: an option without a value. */
export function flag(help: string, short?: string): Option<boolean> {
  const named = short === undefined ? {} : { short };
  return { ...named, help, initial: false, shown: null, parse: () => true, expects: "" };
}

/** An option with the name of a file. */
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

/** Bounds of a number. */
export interface Bounds {
  /** The smallest, 1 when not given. */
  min?: number;
  /** The largest. */
  max: number;
}

/** An option with a whole number. */
export function count(help: string, initial: number, { min = 1, max }: Bounds): Option<number> {
  const parse = (text: string) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return number >= min && number <= max ? number : null;
  };
  const expects = `a number from ${min} to ${max}`;
  return { value: "N", help, initial, shown: `${initial}`, parse, expects };
}

/** The longest time of a timer, in milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An option with a size in bytes, at most `max`. */
export function size(help: string, initial: number, max: number): Option<number> {
  const parse = (text: string) => {
    const bytes = parseSize(text);
    return bytes === null || bytes === 0 || bytes > max ? null : bytes;
  };
  const expects = `a size from 1 to ${formatSize(max)}, such as 64k or 16MiB`;
  return { value: "SIZE", help, initial, shown: formatSize(initial), parse, expects };
}

/** An option with the size of a read buffer. The default is a buffer that grows. */
export function buffer(help: string): Option<BufferSize> {
  const { parse, expects } = size(help, BUFFER_SIZE.min, MAX_BUFFER_BYTES);
  const fixed = (text: string) => {
    const bytes = parse(text);
    return bytes === null ? null : { min: bytes, max: bytes };
  };
  return { value: "SIZE", help, initial: BUFFER_SIZE, shown: null, parse: fixed, expects };
}

/** A larger buffer costs more than it saves, in bytes. */
const MAX_BUFFER_BYTES = 16 * 1024 * 1024;

/** An option with any text. */
export function text(help: string): Option<string | null> {
  const parse = (given: string) => given === "" ? null : given;
  return { value: "TEXT", help, initial: null, shown: null, parse, expects: "a text" };
}

/** An option with the origin of web pages; it may be given several times. */
export function origin(help: string): Option<string[]> {
  const parse = (given: string) => {
    const url = URL.parse(given);
    const isOrigin = url !== null && url.origin === given.toLowerCase().replace(/\/$/, "");
    return isOrigin ? [url.origin] : null;
  };
  const expects = "an origin such as https://example.com";
  return { value: "ORIGIN", isRepeatable: true, help, initial: [], shown: null, parse, expects };
}

/** An option with a port of this machine, and maybe the address it is bound to: `127.0.0.1` if not. */
export function localPort(help: string): Option<Endpoint | null> {
  const parse = (given: string) => {
    const [, bracketed, bare, port] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(given) ?? [];
    if (port === undefined) return null;
    try {
      return validateIpPort(bracketed ?? bare ?? "127.0.0.1", port, { lowestPort: 0 });
    } catch {
      return null;
    }
  };
  const expects = "[HOST:]PORT, such as 9090, 0.0.0.0:9090 or [::1]:9090";
  return { value: "[HOST:]PORT", help, initial: null, shown: null, parse, expects };
}

/** An option with the fingerprint of a key, with or without padding. */
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

/** `--dialect`; `auto` describes its default. */
export function dialect(auto: string): Option<DialectName | "auto"> {
  const names = ["auto", ...Object.keys(DIALECTS) as DialectName[]] as const;
  return { ...oneOf("how messages are told apart", names, "auto"), shown: `auto: ${auto}` };
}

/** Parses a command line. Throws a `Failure` of kind `usage` that names the wrong word. */
export function parseOptions<T extends OptionTable>(table: T, args: string[]): Parsed<T> {
  const entries = Object.entries(table);
  rejectFlagValues(table, args);
  const parsed = parseArgs(args, {
    // Words stay text: 007 is a message, not the number 7.
    string: ["_", ...entries.filter(([, { value }]) => value).map(([name]) => name)],
    boolean: entries.filter(([, { value }]) => !value).map(([name]) => name),
    alias: Object.fromEntries(
      entries.flatMap(([name, { short }]) => short ? [[short, name]] : []),
    ),
    collect: entries.filter(([, { isRepeatable }]) => isRepeatable).map(([name]) => name),
    "--": true,
    unknown: (word, key) => key === undefined || rejectOption(word, table),
  });
  const options: Record<string, unknown> = {};
  for (const [name, option] of entries) {
    const given = parsed[name];
    const isGiven = given !== undefined && given !== false && String(given) !== "";
    options[camelCase(name)] = !isGiven && given !== ""
      ? option.initial
      : option.isRepeatable
      ? [given].flat().flatMap((one) => valueOf(name, option, one!))
      : valueOf(name, option, given!);
  }
  return { words: [...parsed._, ...parsed["--"]], options: options as Values<T> };
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
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

/** For parseArgs `--no-log=yes` means `--no-log`, and so does `--no-log=no`. */
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

function rejectOption(word: string, table: OptionTable): never {
  const name = /^--([^=]+)/.exec(word)?.[1];
  const meant = name === undefined ? null : suggestion(name, [...Object.keys(table), "help"]);
  const hint = meant === null
    ? "put -- before words that start with a hyphen and are not options"
    : `did you mean --${meant}?`;
  throw new Failure("usage", {
    what: `cannot use "${word}"`,
    why: "there is no such option",
    hint,
  });
}

/** The options of a table for the help, one line each, and the two of every command. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { short, value, help, shown }]) => [
    `${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`,
    shown === null ? help : `${help} (default ${shown})`,
  ]);
  return columns([...rows, ["-h, --help", "this text"], ["-V, --version", "the version of echo"]]);
}

/** Rows of two columns, indented and aligned. */
export function columns(rows: string[][]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`).join("\n");
}
