/**
 * Paths relative to the checkout, for the lint rules.
 *
 * @module
 */

/** The root of this checkout. The folders above it may have any name, also `lib` or `tests`. */
const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** Turns `/home/a/echo/lib/net/conn.ts` into `lib/net/conn.ts`. Keeps a relative path. */
export function pathInCheckout(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename;
}

/** Whether a file belongs to the program: not to tests, tools or examples. */
export function isProgram(path: string): boolean {
  return path === "main.ts" || path.startsWith("lib/");
}
