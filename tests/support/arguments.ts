/**
 * What our own tools are told on the command line.
 *
 * @module
 */
import { parseArgs } from "../../lib/std.ts";

/** Numbers by the names of their options; those that are left away stay as in `defaults`. Anything else ends us with 2. */
export function readNumbers<T extends Record<string, number | null>>(
  tool: string,
  args: string[],
  defaults: T,
): T {
  const names = Object.keys(defaults);
  const refuse = (word: string): never => {
    const takes = names.map((name) => `--${name} N`).join(", ");
    console.error(`${tool}: cannot use "${word}": it takes ${takes}`);
    Deno.exit(2);
  };
  const typed = parseArgs(args, {
    string: ["_", ...names],
    boolean: [],
    alias: {},
    "--": true,
    unknown: refuse,
  });
  if (typed._.length + typed["--"].length > 0) refuse([...typed._, ...typed["--"]].join(" "));
  const given = names.filter((name) => typed[name] !== undefined).map((name) => {
    const text = String(typed[name]);
    return [name, /^\d+(\.\d+)?$/.test(text) ? Number(text) : refuse(`--${name} ${text}`)];
  });
  return { ...defaults, ...Object.fromEntries(given) };
}
