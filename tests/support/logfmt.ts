/**
 * Reads log lines back, strictly: what cannot be read is no line of a log.
 *
 * @module
 */

/** One line of a log. */
export type Entry = Record<string, string>;

/** One `key=value` or `key="value"`, the value as JSON has it. */
const FIELD = /([a-zA-Z-]+)=(?:([^\s"=]+)|(?="))/y;

/** The fields of a line. Throws where it is not logfmt from end to end, with a time and an event. */
export function parseLine(line: string): Entry {
  const entry: Entry = {};
  for (let at = 0; at <= line.length; at++) {
    FIELD.lastIndex = at;
    const found = FIELD.exec(line);
    if (found === null) throw new Error(`no field at ${at} of the log line ${line.slice(0, 500)}`);
    const [whole, key, bare] = found;
    at += whole.length;
    const end = bare === undefined ? endOfQuoted(line, at) : at;
    entry[key!] = bare ?? JSON.parse(line.slice(at, end));
    at = end;
    if (at < line.length && line[at] !== " ") throw new Error(`no space at ${at} of ${line}`);
  }
  if (Number.isNaN(Date.parse(entry.time ?? "")) || entry.event === undefined) {
    throw new Error(`no time or event in the log line ${line.slice(0, 500)}`);
  }
  return entry;
}

/** A pattern would need a stack for the longest of them. */
function endOfQuoted(line: string, start: number): number {
  for (let at = start + 1;; at++) {
    at = line.indexOf('"', at);
    if (at < 0) throw new Error(`an open quote in ${line.slice(0, 500)}`);
    let backslashes = 0;
    while (line[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
}

/** All lines of a log file, which must end with a line's end. */
export async function readLog(path: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(path);
  if (text === "") return [];
  if (!text.endsWith("\n")) throw new Error(`the last line is cut: ${text.slice(-200)}`);
  return text.slice(0, -1).split("\n").map(parseLine);
}
