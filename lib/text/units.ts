/**
 * Times and sizes as people type and read them.
 *
 * @module
 */

// From the largest: formatting takes the first unit that fits, parsing takes any.
const DURATIONS: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);

// kB and MB are missing on purpose: they mean 1000 to some and 1024 to others.
const SIZES: ReadonlyMap<string, number> = new Map([
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["B", 1],
  ["G", 1024 ** 3],
  ["M", 1024 ** 2],
  ["K", 1024],
  ["k", 1024],
  ["", 1],
]);

/**
 * Milliseconds from `500ms`, `10s`, `1.5m`, `1h` or `0`; null for anything else. A number without
 * a unit is rejected, since it would be a guess, and so is a fraction of a millisecond.
 */
export function parseDuration(text: string): number | null {
  return text === "0" ? 0 : parse(text, DURATIONS);
}

/**
 * Bytes from `512`, `512B`, `64k`, `16M`, `1.5G` or `64KiB`, `16MiB`, `1GiB`, all in steps of 1024;
 * null for anything else, and for a fraction of a byte.
 */
export function parseSize(text: string): number | null {
  return parse(text, SIZES);
}

/** A whole number of milliseconds as `parseDuration` reads it: `500ms`, `90s`, `1h`, `0`. */
export function formatDuration(ms: number): string {
  return format(ms, DURATIONS);
}

/** A whole number of bytes as `parseSize` reads it: `1000B`, `64KiB`, `16MiB`, `0`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZES);
}

/** Exact, in whole numbers: 1.001 * 1000 is not 1001. */
function parse(text: string, units: ReadonlyMap<string, number>): number | null {
  const [, whole = "", fraction = "", unit = ""] = /^(\d+)(?:\.(\d+))?([a-z]*)$/i.exec(text) ?? [];
  const factor = units.get(unit);
  if (whole === "" || factor === undefined) return null;
  const scaled = BigInt(whole + fraction) * BigInt(factor);
  const scale = 10n ** BigInt(fraction.length);
  const amount = Number(scaled / scale);
  return scaled % scale === 0n && Number.isSafeInteger(amount) ? amount : null;
}

function format(amount: number, units: ReadonlyMap<string, number>): string {
  for (const [unit, factor] of units) {
    if (amount >= factor && amount % factor === 0) return `${amount / factor}${unit}`;
  }
  return `${amount}`;
}
