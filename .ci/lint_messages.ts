/**
 * Runs one rule of a lint plugin, for the tests of the rules.
 *
 * @module
 */

/** Returns the messages of rule `echo/RULE` for a source text. */
export function lintMessages(
  plugin: Deno.lint.Plugin,
  rule: string,
  path: string,
  source: string,
): string[] {
  return Deno.lint.runPlugin(plugin, path, source)
    .filter(({ id }) => id === `echo/${rule}`)
    .map(({ message }) => message);
}
