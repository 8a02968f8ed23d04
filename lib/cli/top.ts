/**
 * `echo top`: the live page of a server, in a terminal.
 *
 * @module
 */
import { parseStatus } from "../admin/parse_status.ts";
import type { Status } from "../admin/status.ts";
import { readKeys, stdinIsTerminal } from "../console/keyboard.ts";
import { FullScreen } from "../console/full_screen.ts";
import type { Screen } from "../console/screen.ts";
import { keysLine, SORT_KEYS, type SortKey, topLines } from "../console/top.ts";
import { Failure } from "../failure.ts";
import { fetchText } from "../net/fetch_text.ts";
import { delay } from "../std.ts";
import { formatHostPort } from "../text/host_port.ts";
import { callOf } from "./calling.ts";
import type { Command } from "./command.ts";
import { timeoutOption } from "./common_options.ts";
import type { ExitCode } from "./exit.ts";
import { flag, localPort } from "./options.ts";
import { onResize, type Shutdown } from "./shutdown.ts";

/** How often it asks, in milliseconds: the server has new figures once a second. */
const INTERVAL_MS = 1_000;

/** The width of lines that go to no terminal. */
const PLAIN_COLUMNS = 100;

/** Its options. */
export const options = {
  "once": flag("print it once and end; so it is where standard output is no terminal"),
  "json": flag("one line of JSON a second; with --once one line"),
  ...timeoutOption,
};

/** The command. */
export const top: Command<typeof options> = {
  usage: "echo top [HOST:]PORT [options]",
  summary: `Shows what a server does that was started with --admin, once a second.
Keys: n, a, m, b, w and i sort the clients; q quits.`,
  words: [["[HOST:]PORT", "the server's admin port; HOST is 127.0.0.1 when it is not given"]],
  options,

  async run({ words, options: { once, json, timeout }, screen, shutdown }): Promise<ExitCode> {
    const server = serverOf(words);
    shutdown.listen();
    const ask = async () => {
      const text = await fetchText(`http://${server}/connections`, timeout, shutdown.signal);
      const status = parseStatus(text);
      if (status !== null) return status;
      const what = `cannot show ${server}`;
      const hint = "give the port that the server has for --admin";
      throw new Failure("unreachable", { what, why: "it sends no state of a server", hint });
    };
    if (json) await printJson(ask, once, screen, shutdown);
    else if (once || !screen.isTerminal) {
      const view = { columns: PLAIN_COLUMNS, rows: Infinity, sort: "n", problem: null } as const;
      await screen.print(topLines(await ask(), { ...view, server }).join("\n"));
    } else await show(ask, server, screen, shutdown);
    return 0;
  },
};

type Ask = () => Promise<Status>;

function serverOf(words: string[]): string {
  const [word, extra] = words;
  if (word === undefined || extra !== undefined) {
    const what = word === undefined ? "cannot start" : `cannot use "${extra}"`;
    const why = "top takes [HOST:]PORT and no more";
    throw new Failure("usage", { what, why, hint: `as in: ${callOf("top")} 9090` });
  }
  const bare = word.replace(/^http:\/\//, "").replace(/\/$/, "");
  const { parse, expects } = localPort("");
  const endpoint = parse(bare);
  if (endpoint !== null && endpoint.port > 0) return formatHostPort(endpoint);
  throw new Failure("usage", { what: `cannot use "${word}"`, why: `it takes ${expects}` });
}

async function printJson(
  ask: Ask,
  once: boolean,
  screen: Screen,
  { signal }: Shutdown,
): Promise<void> {
  do {
    await screen.print(JSON.stringify(await ask()));
    if (!once) await delay(INTERVAL_MS, { signal }).catch(() => {});
  } while (!once && !signal.aborted && screen.error === null);
}

/** Until `q` or a signal. */
async function show(
  ask: Ask,
  server: string,
  screen: Screen,
  shutdown: Shutdown,
): Promise<void> {
  let status = await ask(); // what is wrong at the start is told as usual
  let problem: string | null = null;
  let sort: SortKey = "n";
  using display = new FullScreen(screen);
  const draw = () => {
    const { columns, rows } = display;
    const view = { columns, rows: rows - 1, sort, server, problem };
    display.draw(topLines(status, view), keysLine(columns, sort));
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
      status = await ask();
      problem = null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problem = `not connected, trying again: ${error.parts.why}`;
    }
  }
}
