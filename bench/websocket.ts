/**
 * What a message costs over WebSocket: beside our own frames, and beside Node with npm's ws.
 *
 * @module
 */
import { measureIdleWebSockets } from "./websocket_idle.ts";
import { startServer } from "./measure.ts";
import { cpuTime, start } from "./process.ts";
import { type Place, sourceCommand } from "./servers.ts";
import { Table } from "./table.ts";

const PEER = new URL("peers/node_ws.mjs", import.meta.url).pathname;
const WS = "ws@8.23.0";

/** The loads, each with its connections, size and depth. */
const LOADS: [name: string, connections: number, size: number, depth: number][] = [
  ["16 connections, 64 B, depth 1", 16, 64, 1],
  ["16 connections, 64 B, depth 16", 16, 64, 16],
  ["4 connections, 64 KiB, depth 1", 4, 65536, 1],
];

const FRAMES = "echo, frames", OURS = "echo, websocket", NODE = "Node, ws";

/** Measures, and returns a table in Markdown. `seconds` is for each number. */
export async function websocketLines(
  { rounds, seconds, place, authority, freePort }: {
    rounds: number;
    seconds: number;
    place: Omit<Place, "port">;
    /** Who signed the certificate, PEM. */
    authority: string;
    freePort(): number;
  },
): Promise<string[]> {
  const table = new Table([FRAMES, OURS, NODE]);
  const hasNode = await install(place.directory);
  const ca = `${place.directory}/ca.pem`;
  await Deno.writeTextFile(ca, authority);
  const servers: [name: string, dialect: string, command: (port: number) => string[]][] = [
    [FRAMES, "frames", (port) => ourCommand(port, place)],
    [OURS, "websocket", (port) => ourCommand(port, place)],
  ];
  if (hasNode) servers.push([NODE, "websocket", (port) => nodeCommand(port, place)]);
  for (let round = 1; round <= rounds; round++) {
    for (const [title, ...load] of LOADS) {
      console.log(`round ${round} of ${rounds}, websocket: ${title}`);
      for (const [name, dialect, command] of servers) {
        const port = freePort();
        await using server = await startServer(command(port), port);
        table.add(title, name, await measure(server.pid, port, dialect, load, { seconds, ca }));
      }
    }
  }
  const lines = [
    "| load | server | messages/s | CPU us each | CPU / our frames | CPU / Node, ws |",
    "| --- | --- | --: | --: | --: | --: |",
  ];
  for (const [title] of LOADS) {
    for (const [name] of servers) {
      const ratio = (other: string) => table.ratio(title, name, other, "cpu")?.toFixed(2) ?? "";
      const median = (measure: "rate" | "cpu", digits: number) =>
        table.median(title, name, measure)?.toFixed(digits) ?? "";
      const cells = [title, name, median("rate", 0), median("cpu", 2), ratio(FRAMES), ratio(NODE)];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  const port = freePort();
  await using server = await startServer(ourCommand(port, place), port);
  const idle = await measureIdleWebSockets(server.pid, port, authority);
  return [...lines, "", `An idle WebSocket costs our server ${idle.toFixed(1)} KB.`];
}

function ourCommand(port: number, { cert, key }: Omit<Place, "port">): string[] {
  const files = ["--cert", cert, "--key", key];
  return [...sourceCommand(), "server", "::1", `${port}`, ...files, "--no-log", "--style", "quiet"];
}

function nodeCommand(port: number, { cert, key, directory }: Omit<Place, "port">): string[] {
  return ["node", PEER, `${port}`, cert, key, directory];
}

/** Puts ws into the directory; false where npm cannot. */
async function install(directory: string): Promise<boolean> {
  try {
    const options = { stdout: "null", stderr: "null" } as const;
    const npm = start(["npm", "install", "--silent", "--prefix", directory, WS], options);
    return (await npm.status).success;
  } catch {
    return false;
  }
}

/** The rate and the server's CPU time under a load of `echo bench`. */
async function measure(
  pid: number,
  port: number,
  dialect: string,
  [connections, size, depth]: number[],
  { seconds, ca }: { seconds: number; ca: string },
) {
  const load = ["--connections", `${connections}`, "--size", `${size}`, "--depth", `${depth}`];
  const time = ["--duration", `${seconds * 1000}ms`, "--warmup", "0"];
  const how = ["--dialect", dialect, "--ca", ca, "--json"];
  const bench = ["bench", "::1", `${port}`, ...load, ...time, ...how];
  const before = cpuTime(pid);
  const child = start([...sourceCommand(), ...bench], { stdout: "piped", stderr: "null" });
  const { stdout } = await child.output();
  const used = cpuTime(pid) - before;
  const { messages, messagesPerSecond, error } = JSON.parse(new TextDecoder().decode(stdout));
  if (error !== undefined) return String(error);
  return { rate: messagesPerSecond, cpu: used / messages * 1e6 };
}
