/**
 * `echo top`: the live page of a server, or the servers of a room, in a terminal.
 *
 * @module
 */
import { FullScreen } from "../console/full_screen.ts";
import { readKeys, stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { SORT_KEYS, type SortKey } from "../console/top.ts";
import { Failure } from "../failure.ts";
import { delay } from "../std.ts";
import { jsonLine } from "../text/escape.ts";
import type { Command } from "./command.ts";
import { timeoutOption } from "./common_options.ts";
import type { ExitCode } from "./exit.ts";
import { file, flag } from "./options.ts";
import { onResize, type Shutdown } from "./shutdown.ts";
import { type Target, targetOf } from "./top_target.ts";

/** How often it looks, in milliseconds: servers have new figures once a second. */
const INTERVAL_MS = 1_000;

/** The width of lines that go to no terminal. */
const PLAIN_COLUMNS = 100;

/** Its options. */
export const options = {
  "once": flag("print it once and end; so it is where standard output is no terminal"),
  "json": flag("one line of JSON a second; with --once one line"),
  ...timeoutOption,
  "room-ca": file("with tls://: trust the authority in FILE too, PEM"),
  "room-secret": file("a file with what the broker wants: an nkey seed, user:password, a token"),
};

/** The command. */
export const top: Command<typeof options> = {
  usage: "echo top [HOST:]PORT|nats://HOST[:PORT]/NAME [options]",
  summary: `Shows what a server does that was started with --admin, once a second; or all
servers that share a room (--room). Keys: n, a, m, b, w and i sort the clients; q quits.`,
  words: [
    ["[HOST:]PORT", "the server's admin port; HOST is 127.0.0.1 when it is not given"],
    ["nats://HOST[:PORT]/NAME", "the room, as the servers have it"],
  ],
  options,

  async run({ words, options, screen, shutdown }): Promise<ExitCode> {
    const { once, json } = options;
    shutdown.listen();
    const target = await targetOf(words, options, shutdown.signal);
    if (json) await printJson(target, once, screen, shutdown);
    else if (once || !screen.isTerminal) {
      const { lines } = await target.look();
      const view = { columns: PLAIN_COLUMNS, rows: Infinity, sort: "n", problem: null } as const;
      await screen.print(lines(view).join("\n"));
    } else await show(target, screen, shutdown);
    return 0;
  },
};

async function printJson(
  target: Target,
  once: boolean,
  screen: Screen,
  { signal }: Shutdown,
): Promise<void> {
  do {
    await screen.print(jsonLine((await target.look()).json));
    if (!once) await delay(INTERVAL_MS, { signal }).catch(() => {});
  } while (!once && !signal.aborted && screen.error === null);
}

/** Until `q` or a signal. */
async function show(target: Target, screen: Screen, shutdown: Shutdown): Promise<void> {
  let seen = await target.look(); // what is wrong at the start is told as usual
  let problem: string | null = null;
  let sort: SortKey = "n";
  using display = new FullScreen(screen);
  const draw = () => {
    const { columns, rows } = display;
    const lines = seen.lines({ columns, rows: rows - 1, sort, problem });
    display.draw(lines, target.keys(columns, sort));
  };
  using _keys = stdinIsTerminal() ? readKeys((key) => onKey(key)) : null;
  using _resize = onResize(draw);
  const onKey = (key: string) => {
    if (key === "q" || key === "\x03" || key === "\x04") shutdown.request();
    if (!Object.hasOwn(SORT_KEYS, key)) return;
    sort = key as SortKey;
    draw();
  };
  const { signal } = shutdown;
  while (!signal.aborted) {
    draw();
    await delay(INTERVAL_MS, { signal }).catch(() => {});
    try {
      seen = await target.look();
      problem = null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problem = `not connected, trying again: ${error.parts.why}`;
    }
  }
}
