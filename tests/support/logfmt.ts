/**
 * Reads log lines back, strictly: what cannot be read is no line of a log.
 *
 * @module
 */

/** One line of a log. */
export type Entry = Record<string, string>;

const FIELD = /([A-Za-z-]+)=(?:("(?:[^"\\]|\\.)*")|([^\s"=]+))(?: |$)/y;

/** The fields of a line. Throws where it is not logfmt from end to end. */
export function parseLine(line: string): Entry {
  const entry: Entry = {};
  FIELD.lastIndex = 0;
  for (let at = 0; at < line.length; at = FIELD.lastIndex) {
    const found = FIELD.exec(line);
    if (found === null) throw new Error(`no field at ${at} of: ${line}`);
    const [, key, quoted, bare] = found;
    entry[key!] = bare ?? JSON.parse(quoted!);
  }
  if (Number.isNaN(Date.parse(entry.time ?? "")) || entry.event === undefined) {
    throw new Error(`no time or event in: ${line}`);
  }
  return entry;
}

/** All lines of a log file, which must end with a line's end. */
export async function readLog(path: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(path);
  if (text === "") return [];
  if (!text.endsWith("\n")) throw new Error(`the last line is cut: ${text.slice(-200)}`);
  return text.slice(0, -1).split("\n").map(parseLine);
}
