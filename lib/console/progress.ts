/**
 * The progress of a long operation: a bar on the last line of a terminal.
 *
 * @module
 */
import type { Screen } from "./screen.ts";

const WIDTH = 30;
const BACK = "\r\x1b[K";

/** A bar where standard error is a terminal, and nothing elsewhere. */
export class Progress {
  readonly #screen: Screen;
  readonly #shown: boolean;

  /** Draws on `screen`. */
  constructor(screen: Screen) {
    this.#screen = screen;
    this.#shown = screen.hasTerminalForDiagnostics;
  }

  /** Shows the part that is done, 0 to 1, and a short text beside it. */
  show(done: number, words: string): void {
    if (!this.#shown) return;
    const full = Math.round(done * WIDTH);
    const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
    this.#screen.writeDiagnostic(`${BACK}${bar} ${Math.round(done * 100)} %  ${words}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#shown) this.#screen.writeDiagnostic(BACK);
  }
}
