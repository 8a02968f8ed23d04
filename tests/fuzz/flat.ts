/**
 * What is looked at while a server is under load, and whether it stays as it was.
 *
 * @module
 */

/** What one process holds. */
export interface Held {
  /** Resident memory, in bytes. */
  memory: number;
  /** Open descriptors. */
  descriptors: number;
}

/** One look at everything. */
export interface Sample {
  /** When, in minutes from the start. */
  minutes: number;
  /** How many connections have been made so far. */
  connections: number;
  /** How many messages came back. */
  messages: number;
  /** How many bytes came back. */
  bytes: number;
  /** What each server holds. */
  held: Held[];
}

/** How much more the last quarter may hold than the second: a part of it, and in bytes. */
const GROWTH = { part: 0.1, bytes: 16 * 2 ** 20 };

const MIB = 2 ** 20;

/** What a process holds now, on Linux. */
export function heldBy(pid: number): Held {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { memory: Number(kilobytes) * 1024, descriptors };
}

/**
 * What is wrong with memory that was looked at again and again, or null: the median of the last
 * quarter must be about that of the second. In the first everything is still warming up.
 */
export function growth(memory: number[]): string | null {
  const quarter = Math.floor(memory.length / 4);
  if (quarter === 0) return "it was looked at too rarely";
  const before = median(memory.slice(quarter, 2 * quarter));
  const after = median(memory.slice(-quarter));
  if (after <= before * (1 + GROWTH.part) + GROWTH.bytes) return null;
  return `its memory grew from ${mib(before)} in the second quarter to ${mib(after)} in the last`;
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! +
    sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

/** The head of the table whose rows are `row`, in Markdown; `servers` are their names. */
export function head(servers: string[]): string {
  const names = [
    "minutes",
    "connections",
    "messages",
    "MiB echoed",
    ...servers.flatMap((it) => [`${it}: RSS, MiB`, `${it}: descriptors`]),
  ];
  return [names, names.map(() => "---:")].map((it) => `| ${it.join(" | ")} |`).join("\n");
}

/** A row of the table. */
export function row({ minutes, connections, messages, bytes, held }: Sample): string {
  const cells = [
    minutes.toFixed(1),
    connections,
    messages,
    (bytes / MIB).toFixed(0),
    ...held.flatMap(({ memory, descriptors }) => [(memory / MIB).toFixed(1), descriptors]),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** At most `count` of a list, evenly, the first and the last among them. */
export function evenly<T>(list: T[], count: number): T[] {
  if (list.length <= count) return list;
  return Array.from(
    { length: count },
    (_, i) => list[Math.round(i * (list.length - 1) / (count - 1))]!,
  );
}
