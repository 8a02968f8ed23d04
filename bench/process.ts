/**
 * Processes that are measured, and none of which is left behind.
 *
 * @module
 */

const running = new Set<Deno.ChildProcess>();

/** Starts a program; it ends with us at the latest. Throws when there is no such program. */
export function start(
  command: string[],
  options: Deno.CommandOptions = {},
): Deno.ChildProcess {
  const [program, ...args] = command;
  const child = new Deno.Command(program!, { args, ...options }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}

/** Ends a program and the children it has made, at once. */
export async function end(child: Deno.ChildProcess): Promise<void> {
  kill(child);
  await child.status;
}

/** Ends all that still run. */
export function endAll(): void {
  running.forEach(kill);
}

function kill(child: Deno.ChildProcess): void {
  // Stopped first, so that none of them makes another meanwhile.
  for (const pid of family(child.pid, (pid) => signal(pid, "SIGSTOP"))) signal(pid, "SIGKILL");
}

function signal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** A process, and its children, and theirs; `visit` sees each before its children are looked for. */
function family(pid: number, visit = (_pid: number) => {}): number[] {
  const all = [pid];
  for (const parent of all) {
    visit(parent);
    for (const thread of threads(parent)) {
      const children = read(`/proc/${parent}/task/${thread}/children`);
      all.push(...children.split(" ").filter((it) => it !== "").map(Number));
    }
  }
  return all;
}

/** The CPU time a process and its children have used so far, in seconds. */
export function cpuTime(pid: number): number {
  let seconds = 0;
  for (const member of family(pid)) {
    for (const thread of threads(member)) {
      const [ran] = read(`/proc/${member}/task/${thread}/schedstat`).split(" ");
      seconds += Number(ran) / 1e9;
    }
    // Children that have ended: fields 16 and 17, in hundredths of a second.
    const fields = read(`/proc/${member}/stat`).replace(/^.*\) /, "").split(" ");
    seconds += (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / 100;
  }
  return seconds;
}

/** The memory a process holds, in bytes. */
export function memory(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return Number(found?.[1] ?? NaN) * 1024;
}

function threads(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  } catch {
    return []; // it has just ended
  }
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
