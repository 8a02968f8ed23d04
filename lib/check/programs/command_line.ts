/**
 * The command of a program that is checked, with places for what a case decides:
 * `python3 client.py {host} {port}`.
 *
 * @module
 */

/** What a command can have a place for. */
export interface Places {
  /** `{host}`: the address of the server. */
  host: string;
  /** `{port}`: its port. */
  port: string;
  /** `{message}`: what a client sends that takes it from its command line (assignment 001). */
  message: string;
  /** `{options}`: what a case needs besides, `-b` (assignment 004); no word where it is empty. */
  options: string;
}

/**
 * The words of a command, as a shell takes them apart: blanks between words, and quotes. Nothing else
 * of a shell has a meaning, so a message cannot become a command. Null where a quote is not closed.
 */
export function splitCommand(text: string): string[] | null {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const word = /^(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/s.exec(rest)?.[0];
    if (word === undefined) return null;
    words.push(unquoted(word));
    rest = rest.slice(word.length);
    if (rest !== "" && !/^\s/.test(rest)) return null;
    rest = rest.trimStart();
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(
    /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs,
    (_, escaped, double, single) => escaped ?? single ?? double.replace(/\\(["\\])/g, "$1"),
  );
}

/** Whether a command has this place. */
export function hasPlace(words: readonly string[], name: keyof Places): boolean {
  return words.some((word) => word.includes(`{${name}}`));
}

/** The words with their places filled. */
export function filled(words: readonly string[], places: Places): string[] {
  return words.flatMap((word) => {
    const text = word.replace(
      /\{(host|port|message|options)\}/g,
      (_, name: keyof Places) => places[name],
    );
    return text === "" && word === "{options}" ? [] : [text];
  });
}

/**
 * The words of a program that is started without its arguments: those without a place. A word with
 * blanks is a script of a shell, which stays without them.
 */
export function withoutArguments(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const rest = word.replace(/ *\{(host|port|message|options)\}/g, "");
    return rest === word || /\s/.test(word) ? [rest] : [];
  });
}

/** A place that no command has; null where there is none. */
export function unknownPlace(words: readonly string[]): string | null {
  const places = words.flatMap((word) => word.match(/\{[a-z]+\}/g) ?? []);
  return places.find((it) => !/^\{(host|port|message|options)\}$/.test(it)) ?? null;
}
