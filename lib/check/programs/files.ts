/**
 * What the files of a program tell: its log, and the names in its source.
 *
 * @module
 */
import { dirname, extname, join, resolve } from "node:path";

/** Files that are larger are no log and no source of a student, in bytes. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** How deep below the directory files are looked for. */
const MAX_DEPTH = 3;

/** The size of each file of a directory, in bytes, by its path. */
export async function sizesIn(directory: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const path of filesIn(directory, MAX_DEPTH)) {
    sizes.set(path, (await Deno.stat(path)).size);
  }
  return sizes;
}

/**
 * The lines of the log that were written after `before` was taken: of the file that has `message` in
 * them, and of several the one with the most times: a client may keep a log too. Null for none.
 */
export async function newLogLinesIn(
  directory: string,
  before: ReadonlyMap<string, number>,
  message: string,
): Promise<string[] | null> {
  const found: string[][] = [];
  for (const [path, size] of await sizesIn(directory)) {
    const old = before.get(path) ?? 0;
    if (size === old || size > MAX_FILE_BYTES) continue;
    const bytes = await Deno.readFile(path);
    const text = new TextDecoder().decode(bytes.subarray(size > old ? old : 0));
    if (text.includes(message)) found.push(text.split("\n").filter((line) => line !== ""));
  }
  const times = (lines: string[]) => lines.filter(hasTimestamp).length;
  return found.toSorted((a, b) => times(b) - times(a))[0] ?? null;
}

/** Whether a line has a time, in any usual form. */
export function hasTimestamp(line: string): boolean {
  return /\d{1,2}:\d{2}(:\d{2})?/.test(line.replaceAll("::1", ""));
}

/**
 * Which of `names` the source has: the files that `words` name, and those beside them with the same
 * ending, in any spelling (`recvN`, `recv_n`). Null where no word names a file of a language.
 */
export async function namesInSource(
  directory: string,
  words: readonly string[],
  names: readonly string[],
): Promise<string[] | null> {
  const sources = new Set<string>();
  for (const word of words) {
    const path = resolve(directory, word);
    const ending = extname(path);
    const isSource = ending !== "" && ending !== ".sh";
    const isFile = isSource && await Deno.stat(path).then((it) => it.isFile, () => false);
    if (!isFile) continue;
    for await (const other of filesIn(dirname(path), MAX_DEPTH)) {
      if (extname(other) === ending) sources.add(other);
    }
  }
  if (sources.size === 0) return null;
  const plain = (text: string) => text.toLowerCase().replaceAll("_", "");
  const identifiers = new Set<string>();
  for (const path of sources) {
    if ((await Deno.stat(path)).size > MAX_FILE_BYTES) continue;
    for (const [name] of (await Deno.readTextFile(path)).matchAll(/[A-Za-z_]\w*/g)) {
      identifiers.add(plain(name));
    }
  }
  return names.filter((name) => identifiers.has(plain(name)));
}

/** The files of a directory, and of those below it. */
async function* filesIn(directory: string, depth: number): AsyncGenerator<string> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isFile) yield path;
    const isOwn = !name.startsWith(".") && name !== "node_modules";
    if (isDirectory && depth > 1 && isOwn) yield* filesIn(path, depth - 1);
  }
}
