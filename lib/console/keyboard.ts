/**
 * The only reader of standard input: as bytes, or at a prompt.
 *
 * @module
 */
import { codePointsOf, type Key } from "./characters.ts";
import type { Screen } from "./screen.ts";

/** Whether standard input is a terminal. */
export function stdinIsTerminal(): boolean {
  return Deno.stdin.isTerminal();
}

/** A terminal as a source. After its end (Ctrl-D) it can be read again. */
export const terminalSource = {
  /** Fills at most all of `view`; returns how many bytes came, or null at the end. */
  read: (view: Uint8Array): Promise<number | null> => Deno.stdin.read(view),
};

/** Standard input as a byte stream. It can be opened once; `cancel` ends a pending read. */
export function stdinReader(): ReadableStreamBYOBReader {
  return Deno.stdin.readable.getReader({ mode: "byob" });
}

/** Calls `onKey` with each key that is pressed, until disposed of. Ctrl-C is a key too: `\x03`. */
export function readKeys(onKey: (key: string) => void): Disposable {
  Deno.stdin.setRaw(true);
  const reader = Deno.stdin.readable.getReader();
  void (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const text = new TextDecoder().decode(value);
      if (text.startsWith("\x1b")) onKey(text); // a cursor key: several bytes
      else for (const key of text) onKey(key);
    }
  })().catch(() => {}); // the terminal is gone
  return {
    [Symbol.dispose]: () => {
      Deno.stdin.setRaw(false);
      reader.cancel().catch(() => {});
    },
  };
}

/** A line editor at a prompt. */
export interface LineEditor {
  /** The next line, or null at the end of the input (Ctrl-D). */
  next(): Promise<string | null>;
  /** Whether lines wait that are not empty, as after a paste. */
  readonly hasMore: boolean;
  /** Takes the terminal again after a stop, which leaves it as the shell wants it. */
  resume(): void;
  /** Removes the prompt and restores the terminal. */
  close(): void;
}

/** What a line editor is made of. */
export interface EditorOptions {
  /** The terminal. */
  screen: Screen;
  /** The text before each line. */
  prompt: string;
  /** Whether the terminal has a cursor to move; where not (TERM=dumb), lines are plain. */
  hasCursor: boolean;
  /** Called for Ctrl-C, which is no signal while the editor has the terminal. */
  onInterrupt: () => void;
}

/** A prompt with a line editor on the terminal: cursor keys, history, Unicode. */
export async function editLines(
  { screen, prompt, hasCursor, onInterrupt }: EditorOptions,
): Promise<LineEditor> {
  // Loaded here, since most runs have no prompt.
  const [{ default: process }, readline, { Writable }] = await Promise.all([
    import("node:process"),
    import("node:readline"),
    import("node:stream"),
  ]);
  const output = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      screen.write(String(chunk));
      done();
    },
  });
  const resize = () => Object.assign(output, Deno.consoleSize());
  resize();
  const editor = readline.createInterface({
    input: process.stdin,
    output,
    prompt,
    terminal: hasCursor,
  });
  // Before the editor handles a key: it knows neither the row that a wide character has moved the
  // cursor to, nor that a character can have several code points.
  const beforeKey = (_text: string | undefined, key: Key) => {
    Object.assign(editor, { prevRows: editor.getCursorPos().rows });
    const count = codePointsOf(key, editor.line, editor.cursor);
    for (let i = 1; i < count; i++) editor.write(null, key);
  };
  process.stdin.prependListener("keypress", beforeKey);
  const typed: string[] = [];
  let waiting: PromiseWithResolvers<string | null> | null = null;
  let closed = false;
  editor.on("line", (line: string) => {
    // After Enter the prompt stays on the screen as text, and there is no line to keep together.
    screen.setPrompt(null);
    if (waiting === null) typed.push(line);
    else waiting.resolve(line);
    waiting = null;
  });
  editor.on("SIGINT", onInterrupt);
  // Ctrl-Z does nothing: after it, the prompt would not read the terminal any more.
  editor.on("SIGTSTP", () => {});
  editor.on("close", () => {
    process.stdin.off("keypress", beforeKey);
    if (!closed) screen.write("\n");
    closed = true;
    screen.setPrompt(null);
    waiting?.resolve(null);
  });
  const shown = {
    hide() {
      if (!hasCursor) return screen.write("\n");
      resize();
      readline.moveCursor(output, 0, -editor.getCursorPos().rows);
      readline.cursorTo(output, 0);
      readline.clearScreenDown(output);
    },
    show() {
      // Otherwise it moves up by the rows of the old line, and clears what was just printed.
      Object.assign(editor, { prevRows: 0 });
      editor.prompt(true);
    },
  };
  return {
    next() {
      const line = typed.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (closed) return Promise.resolve(null);
      waiting = Promise.withResolvers();
      editor.prompt();
      screen.setPrompt(shown);
      return waiting.promise;
    },
    get hasMore() {
      return typed.some((line) => line !== "");
    },
    resume() {
      if (closed) return;
      if (hasCursor) process.stdin.setRawMode?.(true);
      if (waiting !== null) editor.prompt(true);
    },
    close() {
      if (closed) return;
      closed = true;
      shown.hide();
      editor.close();
    },
  };
}
