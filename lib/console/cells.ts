/**
 * Tables of a terminal: texts to the left, numbers to the right, and none wider than its column.
 *
 * @module
 */

/** A text in a column: cut or filled to its width. */
export function cell(
  { width, isText = false }: { width: number; isText?: boolean },
  text: string,
): string {
  const short = cut(text, width);
  return isText ? short.padEnd(width) : short.padStart(width);
}

/** A text of `width` characters at most; the last one tells that there is more. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
