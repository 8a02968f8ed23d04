/**
 * A program that is checked: it is started, typed into, read, and ended.
 *
 * @module
 */
import { Failure } from "../../failure.ts";
import { Wrong } from "../case.ts";
import { signalTree } from "./process_tree.ts";
import { FLOOD_BYTES, Transcript } from "./transcript.ts";
import { settlesWithin } from "../within.ts";

/**
 * Starts its arguments. A file of more than 64 MiB and a core are refused to them (units of 512
 * bytes), and C programs print each line at once, as on a terminal.
 */
const SCRIPT = `ulimit -f 131072; ulimit -c 0
command -v stdbuf >/dev/null && exec stdbuf -oL "$@"
exec "$@"`;

/** Python prints at once, and leaves no `__pycache__` behind. */
const ENVIRONMENT = {
  PYTHONUNBUFFERED: "1",
  PYTHONDONTWRITEBYTECODE: "1",
  LC_ALL: "C.UTF-8", // else Java has no characters but ASCII where no locale is set
};

/** How long a line waits for a prompt, and for its end, in milliseconds. */
const PROMPT_MS = 1_000;
const QUIET_MS = 150;

/** The code of a shell whose program is not there, or may not be run. */
const NOT_FOUND = [126, 127];

/** How long a program may take for what it should do, in milliseconds. */
export const REACTION_MS = 5_000;

/** A running program. */
export class Program {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #isPatient: boolean;
  #status: Deno.CommandStatus | null = null;
  /** How much it had printed when the last line was typed. */
  #seen = 0;
  /** What it does that it must not, as in `the server ...`; it was ended then. */
  trouble: string | null = null;
  /** What a person sees: standard output and standard error. */
  readonly screen = new Transcript();
  /** What it prints to standard output. */
  readonly out: Transcript = new Transcript(this.screen);
  /** What it prints to standard error. */
  readonly err: Transcript = new Transcript(this.screen);
  /** Settles when it has ended. */
  readonly ended: Promise<Deno.CommandStatus>;

  /** Starts a program in the directory `cwd`; `isPatient` is whether lines wait for a prompt. */
  constructor(words: readonly string[], cwd: string, { isPatient }: { isPatient: boolean }) {
    this.#isPatient = isPatient;
    this.#child = new Deno.Command("sh", {
      args: ["-c", SCRIPT, "sh", ...words],
      cwd,
      env: ENVIRONMENT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#input.closed.catch(() => {}); // it has ended
    void this.out.read(this.#child.stdout);
    void this.err.read(this.#child.stderr);
    this.ended = this.#child.status.then((status) => this.#status = status);
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** How it has ended; null while it runs. */
  get status(): Deno.CommandStatus | null {
    return this.#status;
  }

  /** Whether it prints without end. */
  get floods(): boolean {
    return this.out.bytes + this.err.bytes > FLOOD_BYTES;
  }

  /**
   * Types a line, as a person does: after what the program prints, and a pause. Some programs lose what
   * comes before they ask.
   */
  async type(line: string): Promise<void> {
    if (this.#isPatient) {
      await this.screen.wait((text) => text.length > this.#seen, PROMPT_MS);
      await this.screen.waitForQuiet(QUIET_MS);
    }
    this.#seen = this.screen.text.length;
    await this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {}); // it has ended
  }

  /** Ends its input, as Ctrl-D does. */
  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {}); // it has ended
  }

  /** Sends a signal to it and all that it has started, as Ctrl-C does. */
  async signal(signal: Deno.Signal): Promise<void> {
    await signalTree(this.pid, signal);
  }

  /**
   * Waits until `isThere` is true of what it has printed; returns whether it was in time. Throws a
   * `Wrong` for a program that was ended for what it did, and a `Failure` for one that is not there.
   */
  async prints(isThere: (text: string) => boolean, within = REACTION_MS): Promise<boolean> {
    const isPrinted = await this.screen.wait(isThere, within);
    if (!isPrinted) this.expectSound();
    return isPrinted;
  }

  /** Waits for its end, and returns whether it came in time. Throws as `prints` does. */
  async ends(within = REACTION_MS): Promise<boolean> {
    await settlesWithin(this.ended, within);
    this.expectSound();
    return this.#status !== null;
  }

  /** Throws for a program that was ended for what it did, or is not there. */
  expectSound(): void {
    if (this.trouble !== null) throw new Wrong("it was ended", this.trouble);
    if (NOT_FOUND.includes(this.#status?.code ?? 0)) {
      const why = lastLine(this.err.text).replace(/^(sh: (\d+: )?(exec: )?|stdbuf: )/, "");
      const hint = "a command of the shell needs sh -c '...'";
      throw new Failure("usage", { what: "cannot run a program", why, hint });
    }
  }

  /** How it has ended, and the last of what it has printed, for a sentence. */
  describe(): string {
    const { code, signal } = this.#status ?? { code: null, signal: null };
    const end = signal !== null
      ? `ended by ${signal}`
      : code === null
      ? "running"
      : `exit code ${code}`;
    const last = lastLine(this.err.text) || lastLine(this.out.text);
    return last === "" ? `${end}, no output` : `${end}, "${last}"`;
  }
}

function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}
