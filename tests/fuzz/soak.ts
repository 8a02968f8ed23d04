/**
 * Real servers under a mixed load for as long as one likes; they must end as they began:
 *
 *     deno task soak [--minutes N] [--idle M]
 *
 * Less than 5 of the 20 minutes say more of warming up than of leaks. With `--idle`, M connections that say nothing are held before that, and what each costs is told.
 * Ends with 0 when memory and descriptors were flat, every byte came back, and the logs agree; else
 * with 1 and what was wrong. Needs Linux, whose /proc says what a process holds.
 *
 * @module
 */
import { delay } from "../../lib/std.ts";
import { readNumbers } from "../support/arguments.ts";
import { evenly, growth, head, type Held, heldBy, row, type Sample } from "./flat.ts";
import { load, type Totals } from "./load.ts";
import { ender, startTargets, Target, type Targets } from "./targets.ts";

/** How often is looked, in milliseconds, at most; a short run is looked at this many times. */
const LOOK = { every: 5_000, times: 60 };

/** How often the logs begin anew, in milliseconds: they would fill the disk. */
const ROTATION = 10_000;

/** How long descriptors may take to come back once all clients are gone, in milliseconds. */
const PATIENCE = 30_000;

/** How many connections are made at a time: more would overflow the backlog. */
const WAVE = 64;

/** How long memory may take to be given back that handshakes needed, in milliseconds. */
const SETTLING = 3_000;

/** How many rows the table has in the end. */
const ROWS = 21;

const NAMES = ["TLS", "plain"];

// V8's young generation grows in steps of tens of MiB, some of them after ten minutes; with a small
// one, what grows is what is kept.
Deno.env.set("DENO_V8_FLAGS", "--max-semi-space-size=4");

const { minutes, idle } = readNumbers("soak", Deno.args, { minutes: 20, idle: 0 });
const targets = await startTargets();
const end = ender(targets);
try {
  if (idle > 0) await holdIdle();
  await soak(targets);
  await end(0);
} catch (error) {
  await end(1, `soak: ${(error as Error).message}`);
}

async function soak(targets: Targets): Promise<void> {
  const look = () => [heldBy(targets.tls.pid), heldBy(targets.plain.pid)];
  const atFirst = look();
  const totals: Totals = { connections: 0, messages: 0, bytes: 0 };
  const samples = await underLoad(targets, totals, look);
  await descriptorsBack(atFirst, look);
  await targets.finish();

  console.log(`\n${[head(NAMES), ...evenly(samples, ROWS).map(row)].join("\n")}\n`);
  NAMES.forEach((name, i) => {
    const problem = growth(samples.map(({ held }) => held[i]!.memory));
    if (problem !== null) throw new Error(`${name}: ${problem}`);
  });
  const { lines, messages } = targets.logged();
  console.log(
    `flat: memory and descriptors; whole: every echo, and ${lines} lines of log with ` +
      `${messages} messages`,
  );
}

/** What connections cost that say nothing, at a server of their own: it is larger ever after. */
async function holdIdle(): Promise<void> {
  const most = `${idle + 10}`;
  await using target = await Target.start("--max-connections", most, "--max-per-address", most);
  const look = () => [heldBy(target.pid)];
  const atFirst = look();
  const conns: Deno.Conn[] = [];
  while (conns.length < idle) {
    const count = Math.min(WAVE, idle - conns.length);
    conns.push(...await Promise.all(Array.from({ length: count }, () => target.connect())));
  }
  await delay(SETTLING);
  const each = (look()[0]!.memory - atFirst[0]!.memory) / idle / 1024;
  console.log(`${idle} idle connections: ${each.toFixed(1)} KiB each\n`);
  for (const conn of conns) conn.close();
  await descriptorsBack(atFirst, look);
  await target.finish();
}

/** Puts them under load until the time is over, and looks again and again. */
async function underLoad(
  targets: Targets,
  totals: Totals,
  look: () => Held[],
): Promise<Sample[]> {
  const servers = counting(targets, totals);
  const enough = new AbortController();
  const milliseconds = minutes * 60_000;
  const start = performance.now();
  const every = (pause: number, job: () => void | Promise<void>) => async () => {
    while (!enough.signal.aborted) {
      await delay(pause, { signal: enough.signal }).then(job, () => {});
    }
  };
  const samples: Sample[] = [];
  let told = 0;
  const sample = () => {
    const minutes = (performance.now() - start) / 60_000;
    const now = { minutes, ...totals, held: look() };
    samples.push(now);
    if (minutes < told + 1) return;
    told = Math.floor(minutes);
    console.log(row(now));
  };
  console.log(head(NAMES));
  sample();
  const timer = setTimeout(() => enough.abort(), milliseconds);
  try {
    await Promise.all([
      load({ servers, totals, enough: enough.signal }, Date.now()),
      every(Math.min(LOOK.every, milliseconds / LOOK.times), sample)(),
      every(ROTATION, () => targets.rotateLogs())(),
    ]);
  } finally {
    clearTimeout(timer);
  }
  return samples;
}

/** The same, and every connection counts. */
function counting(targets: Targets, totals: Totals): Targets {
  return {
    ...targets,
    connect(over) {
      totals.connections++;
      return targets.connect(over);
    },
    connectBare() {
      totals.connections++;
      return targets.connectBare();
    },
  };
}

/** Waits until no server has more open than at first. */
async function descriptorsBack(atFirst: Held[], look: () => Held[]): Promise<void> {
  for (const start = performance.now();;) {
    const now = look();
    const behind = now.findIndex((it, i) => it.descriptors > atFirst[i]!.descriptors);
    if (behind < 0) return;
    if (performance.now() > start + PATIENCE) {
      throw new Error(
        `${NAMES[behind]}: ${now[behind]!.descriptors} descriptors are open after all clients ` +
          `have left, and were ${atFirst[behind]!.descriptors} at first`,
      );
    }
    await delay(100);
  }
}
