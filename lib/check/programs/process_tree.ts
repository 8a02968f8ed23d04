/**
 * The processes below this one, and the ports that they listen on. Linux only: it is read from /proc,
 * by programs of the system, since Deno itself may not read it.
 *
 * @module
 */

import { canonicalAddress } from "../../text/ip.ts";

/** A process. */
export interface Process {
  /** Its number. */
  pid: number;
  /** Its parent's. */
  parent: number;
  /** Whether it has ended, and only its parent has not noticed. */
  isZombie: boolean;
  /** How much memory it has, in bytes. */
  resident: number;
}

/** A port that is listened on. */
export interface ListeningPort {
  /** The address; `0.0.0.0` or `::` for all of them. */
  hostname: string;
  /** The port. */
  port: number;
}

const PAGE_BYTES = 4096;

/** The process that reads /proc here at the moment: it is none of those that are looked for. */
let reader = 0;

/** All processes that this one has started, directly or not, without `except` and those below it. */
export async function descendants(except: number | null = null): Promise<Process[]> {
  const all = parseProcesses(await read(`cat /proc/[0-9]*/stat 2>/dev/null`));
  const own = new Set([Deno.pid]);
  const found: Process[] = [];
  for (let before = 0; before !== own.size;) {
    before = own.size;
    for (const process of all) {
      if (
        !own.has(process.parent) || own.has(process.pid) || process.pid === reader ||
        process.pid === except
      ) continue;
      own.add(process.pid);
      found.push(process);
    }
  }
  return found.filter(({ isZombie }) => !isZombie);
}

/** Reads `stat` files of /proc, proc_pid_stat(5); the name of a process may contain anything. */
export function parseProcesses(text: string): Process[] {
  return [...text.matchAll(/^(\d+) \(.*\) (\S) (\d+) (.*)$/gm)].map((
    [, pid, state, parent, rest],
  ) => ({
    pid: Number(pid),
    parent: Number(parent),
    isZombie: state === "Z" || state === "X",
    resident: Number(rest!.split(" ")[19]) * PAGE_BYTES,
  }));
}

/** In a few rounds every process is stopped, also those that multiply. */
const MAX_ROUNDS = 100;

/**
 * Ends everything below this process but `kept` and what is below that, and returns how many that
 * were. First all are stopped, so that none starts another one meanwhile.
 */
export async function endDescendants(kept: number | null = null): Promise<number> {
  const stopped = new Set<number>();
  for (let round = 0, isDone = false; !isDone && round < MAX_ROUNDS; round++) {
    const running = (await descendants(kept)).filter(({ pid }) => !stopped.has(pid));
    for (const { pid } of running) send(pid, "SIGSTOP");
    for (const { pid } of running) stopped.add(pid);
    isDone = running.length === 0;
  }
  for (const pid of stopped) send(pid, "SIGKILL");
  return stopped.size;
}

/** Sends a signal to a process and everything below it. */
export async function signalTree(root: number, signal: Deno.Signal): Promise<void> {
  const all = await descendants();
  const tree = new Set([root]);
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid);
  }
  for (const pid of tree) send(pid, signal);
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Listening sockets of other processes, by their inodes: whose each is, is asked once. */
const foreign = new Set<string>();

/** The TCP ports that processes listen on which this one has started, directly or not. */
export async function listeningPorts(): Promise<ListeningPort[]> {
  const listeners = parseListeners(await read(`cat /proc/net/tcp /proc/net/tcp6 2>/dev/null`))
    .filter(({ inode }) => !foreign.has(inode));
  if (listeners.length === 0) return [];
  const pids = (await descendants()).map(({ pid }) => `/proc/${pid}/fd`);
  const text = await read(`ls -l "$@" 2>/dev/null`, ...pids);
  const sockets = new Set([...text.matchAll(/ -> socket:\[(\d+)\]/g)].map(([, inode]) => inode));
  for (const { inode } of listeners) if (!sockets.has(inode)) foreign.add(inode);
  return listeners.filter(({ inode }) => sockets.has(inode));
}

/** The sockets that listen, in the tables of /proc/net/tcp and tcp6 (proc_pid_net(5)). */
export function parseListeners(text: string): (ListeningPort & { inode: string })[] {
  const row = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A (?:\S+ +){5}(\d+)/gm;
  return [...text.matchAll(row)].map(([, address, port, inode]) => ({
    hostname: addressIn(address!),
    port: parseInt(port!, 16),
    inode: inode!,
  }));
}

/** An address as the kernel prints it: words of four bytes, each in the machine's order. */
function addressIn(hex: string): string {
  const words = hex.match(/.{8}/g)!.map((word) => word.match(/../g)!.reverse().join(""));
  if (words.length === 1) {
    return words[0]!.match(/../g)!.map((byte) => parseInt(byte, 16)).join(".");
  }
  const groups = words.join("").match(/.{4}/g)!.map((group) => parseInt(group, 16).toString(16));
  return canonicalAddress(groups.join(":"));
}

let reading: Promise<unknown> = Promise.resolve();

/** What a script of the shell prints. One runs at a time. */
function read(script: string, ...args: string[]): Promise<string> {
  const result = reading.then(async () => {
    const child = new Deno.Command("sh", {
      args: ["-c", script, "sh", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    reader = child.pid;
    return new TextDecoder().decode((await child.output()).stdout);
  });
  reading = result.catch(() => {});
  return result;
}
