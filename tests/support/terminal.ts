/**
 * A real terminal (tmux): keys in, screen out.
 *
 * @module
 */
import { commandFor } from "./echo.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** Whether there is a tmux; without it the tests of the terminal are skipped. */
export const hasTmux: boolean = await new Deno.Command("tmux", { args: ["-V"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

/** A terminal with one program in it. Each has a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `echo-test-${crypto.randomUUID()}`;

  /** Opens a terminal of the given size with `echo` running in it. */
  static async open(
    args: string[],
    { columns = 80, rows = 24, env = {} as Record<string, string> } = {},
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const variables = Object.entries({ INIT_CWD: ROOT, ...env }).map(([name, value]) =>
      `${name}=${value}`
    );
    const command = ["env", ...variables, ...commandFor(args[0]), ...args].map((word) =>
      `'${word}'`
    ).join(" ");
    // The shell stays, also after Ctrl-C, so that the exit code and the terminal's state can be seen.
    // As `deno task` does, it goes on after Ctrl-Z; and as in a person's shell it is a job (`set -m`):
    // the system stops none whose parent is no shell.
    const line = `trap : INT QUIT TSTP; cd ${ROOT}; ${command}; echo "exit code $?"; exec cat`;
    const shell = ["sh", "-c", 'set -m; sh -c "$0"', line];
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", ...size, ...shell);
    return terminal;
  }

  /** Types text, as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by their tmux names: `Enter`, `Left`, `BSpace`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  /** Gives the terminal another size. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** The device of the terminal. */
  async device(): Promise<string> {
    return (await this.#tmux("display-message", "-p", "#{pane_tty}")).trimEnd();
  }

  /** Sends a signal to the program. */
  async signal(signal: Deno.Signal): Promise<void> {
    const shell = (await this.#tmux("display-message", "-p", "#{pane_pid}")).trimEnd();
    for (const job of await childrenOf(shell)) {
      for (const child of await childrenOf(job)) Deno.kill(Number(child), signal);
    }
  }

  /** What is on the screen, without blank lines at its end. */
  async screen(): Promise<string> {
    return (await this.#tmux("capture-pane", "-p")).trimEnd();
  }

  /** The same with its colors, as escape sequences. */
  async coloredScreen(): Promise<string> {
    return await this.#tmux("capture-pane", "-p", "-e");
  }

  /** What the program has named the terminal, or its own name. */
  async title(): Promise<string> {
    return (await this.#tmux("display-message", "-p", "#{pane_title}")).trimEnd();
  }

  /** Waits until the screen is as wanted; fails with what it shows when it does not get there. */
  async until(wanted: (screen: string) => boolean): Promise<string> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const screen = await this.screen();
      if (wanted(screen)) return screen;
      if (performance.now() > deadline) throw new Error(`the screen stays:\n${screen}`);
    }
  }

  /** Waits until the screen is exactly these lines. */
  async shows(...lines: string[]): Promise<void> {
    await this.until((screen) => screen === lines.join("\n").trimEnd());
  }

  /** Ends the program and the terminal. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
  }

  async #tmux(...args: string[]): Promise<string> {
    const command = new Deno.Command("tmux", {
      args: ["-L", this.#socket, ...args],
      env: { LC_ALL: "C.UTF-8", NO_COLOR: "1" },
    });
    const { success, stdout, stderr } = await command.output();
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}

async function childrenOf(process: string): Promise<string[]> {
  const children = await Deno.readTextFile(`/proc/${process}/task/${process}/children`);
  return children.trim().split(" ");
}
