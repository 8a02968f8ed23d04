/**
 * A terminal whose whole screen is drawn again and again. What was on it comes back at the end.
 *
 * @module
 */
import type { Screen } from "./screen.ts";

const ENTER = "\x1b[?1049h\x1b[?25l"; // the other screen, without a cursor
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const REST_OF_LINE = "\x1b[K";
const REST_OF_SCREEN = "\x1b[J";
const INVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";

/** The size of a terminal that does not tell it. */
const USUAL = { columns: 80, rows: 24 };

/** Draws until it is disposed of. */
export class FullScreen implements Disposable {
  readonly #screen: Screen;

  /** Takes the whole terminal. */
  constructor(screen: Screen) {
    this.#screen = screen;
    screen.write(ENTER);
  }

  /** The width of the terminal now. */
  get columns(): number {
    return sizeOf().columns;
  }

  /** Its height. */
  get rows(): number {
    return sizeOf().rows;
  }

  /** Shows `lines` at the top and `bottom` in the last row. */
  draw(lines: string[], bottom: string): void {
    const { rows, columns } = sizeOf();
    const shown = lines.slice(0, rows - 1).map((line) => line + REST_OF_LINE).join("\r\n");
    const last = `\x1b[${rows};1H${INVERSE}${bottom.padEnd(columns - 1)}${NORMAL}${REST_OF_LINE}`;
    this.#screen.write(HOME + shown + REST_OF_SCREEN + last);
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#screen.write(LEAVE);
  }
}

function sizeOf(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  } catch {
    return USUAL;
  }
}
