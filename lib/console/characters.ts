/**
 * Characters as a person sees them: an emoji of several, a letter with its accent. The line editor
 * of Deno moves and deletes by code points, so a key counts once for each code point of a character.
 *
 * @module
 */

/** A key as node:readline describes it. */
export interface Key {
  /** `left`, `backspace`, or a letter. */
  name?: string | undefined;
  /** Whether Ctrl was held. */
  ctrl?: boolean | undefined;
  /** Whether Alt was held. */
  meta?: boolean | undefined;
}

/** Keys that take the character before the cursor. */
const BACKWARD = ["left", "backspace", "ctrl-b", "ctrl-h"];

/** Keys that take the character after it. */
const FORWARD = ["right", "delete", "ctrl-f", "ctrl-d"];

/** How many code points the key has to take at this place of a line; 1 for every other key. */
export function codePointsOf({ name, ctrl, meta }: Key, line: string, cursor: number): number {
  const key = ctrl ? `ctrl-${name}` : `${name}`;
  if (meta) return 1; // by words
  const segmenter = new Intl.Segmenter(); // here, since it takes milliseconds of a start
  const character = BACKWARD.includes(key)
    ? [...segmenter.segment(line.slice(0, cursor))].at(-1)
    : FORWARD.includes(key)
    ? segmenter.segment(line.slice(cursor)).containing(0)
    : undefined;
  return character === undefined ? 1 : [...character.segment].length;
}
