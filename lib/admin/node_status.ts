/**
 * What a server of a room tells about itself, and what is known of those that do not answer.
 *
 * @module
 */
import type { Status } from "./status.ts";

/** One server. */
export interface NodeStatus {
  /** Eight hexadecimal digits, new for each process. */
  node: string;
  /** The name of its machine. */
  host: string;
  /** The version of echo. */
  version: string;
  /** When it was started, and the moment of the rest, in milliseconds since 1970. */
  started: number;
  /** As above. */
  time: number;
  /** What it is doing. */
  state: string;
  /** Clients that are there. */
  connections: number;
  /** Over the last second. */
  messagesPerSecond: number;
  /** Over the last second: payload that was echoed. */
  bytesPerSecond: number;
  /** The other servers that it has heard, and for how long it has not, in milliseconds. */
  peers: { node: string; host: string; silent: number }[];
}

/** The part of a status that goes to others. */
export function nodeStatusOf(status: Status): Record<string, unknown> {
  const { version, started, time, state, connections, messagesPerSecond, bytesPerSecond } = status;
  return { version, started, time, state, connections, messagesPerSecond, bytesPerSecond };
}

/** A server that others have heard of, and that does not answer. */
export interface SilentNode {
  /** As in `NodeStatus`. */
  node: string;
  /** As in `NodeStatus`. */
  host: string;
  /** For how long no server has heard it, in milliseconds. */
  silent: number;
}

/** A room at one moment. */
export interface RoomStatus {
  /** Those that answer, by their machines. */
  nodes: NodeStatus[];
  /** Those that do not. */
  silent: SilentNode[];
}

/** The room that these answers describe. */
export function roomStatusOf(answers: readonly NodeStatus[]): RoomStatus {
  const nodes = answers.toSorted((a, b) =>
    a.host < b.host ? -1 : a.host > b.host ? 1 : a.node < b.node ? -1 : 1
  );
  const silent = new Map<string, SilentNode>();
  for (const peer of answers.flatMap(({ peers }) => peers)) {
    if (answers.some(({ node }) => node === peer.node)) continue;
    const known = silent.get(peer.node);
    if (known === undefined || peer.silent < known.silent) silent.set(peer.node, peer);
  }
  return { nodes, silent: [...silent.values()].sort((a, b) => a.silent - b.silent) };
}
