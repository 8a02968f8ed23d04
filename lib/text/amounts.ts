/**
 * Amounts that are compared at a glance: short and rounded.
 *
 * @module
 */

/** `1,234,567`. */
export function grouped(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** Bytes as `950 B`, `1.5 kB`, `20.5 MB`, in steps of 1000 as networks are measured. */
export function shortBytes(bytes: number): string {
  for (const [unit, factor] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(bytes < 100 * factor ? 1 : 0)} ${unit}`;
  }
  return `${Math.round(bytes)} B`;
}

/** Milliseconds as `12 s`, `3 m 12 s`, `5 h 2 m`, `3 d 4 h`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [d, h, m] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  if (d > 0) return `${d} d ${h % 24} h`;
  if (h > 0) return `${h} h ${m % 60} m`;
  return m > 0 ? `${m} m ${seconds % 60} s` : `${seconds} s`;
}

/** Milliseconds as `86 µs` or `1.5 ms`; `-` for none. */
export function shortLatency(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 1 ? `${Math.round(ms * 1000)} µs` : `${ms.toFixed(1)} ms`;
}
