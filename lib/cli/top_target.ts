/**
 * What `echo top` looks at: a server's admin port, or a room of servers.
 *
 * @module
 */
import { type NodeStatus, roomStatusOf } from "../admin/node_status.ts";
import { parseNodeStatus, parseStatus } from "../admin/parse_status.ts";
import { roomLines } from "../console/room_top.ts";
import { keysLine, type SortKey, topLines } from "../console/top.ts";
import { Failure } from "../failure.ts";
import { fetchText } from "../net/fetch_text.ts";
import type { NatsLink } from "../net/nats.ts";
import { statusSubject } from "../server/relay.ts";
import { delay } from "../std.ts";
import { formatHostPort } from "../text/host_port.ts";
import { callOf } from "./calling.ts";
import { loadNats } from "./load_nats.ts";
import { localPort } from "./options.ts";
import { credentialsFor } from "./room.ts";
import { parseRoom, type RoomAddress } from "./room_address.ts";

/** How long the servers of a room have for their answers, in milliseconds. */
const ANSWER_TIME_MS = 250;

/** How the lines are to look. */
export interface View {
  /** How many characters a line may have. */
  columns: number;
  /** How many lines there may be. */
  rows: number;
  /** The order of clients. */
  sort: SortKey;
  /** Why there is nothing newer, or null. */
  problem: string | null;
}

/** What was seen at one moment. */
export interface Seen {
  /** For programs. */
  json: unknown;
  /** For people. */
  lines(view: View): string[];
}

/** What is looked at. */
export interface Target {
  /** Looks. Throws a `Failure` where there is nothing to see. */
  look(): Promise<Seen>;
  /** The last line: what can be pressed. */
  keys(columns: number, sort: SortKey): string;
}

/** What a look needs. */
export interface TargetOptions {
  /** How long an answer may take, in milliseconds. */
  timeout: number;
  /** `--room-ca` and `--room-secret`. */
  roomCa: string | null;
  /** As above. */
  roomSecret: string | null;
}

/** The target of the words. Throws a `Failure` of kind `usage` for wrong ones. */
export async function targetOf(
  words: string[],
  options: TargetOptions,
  signal: AbortSignal,
): Promise<Target> {
  const [word, extra] = words;
  if (word === undefined || extra !== undefined) {
    const what = word === undefined ? "cannot start" : `cannot use "${extra}"`;
    const why = "top takes [HOST:]PORT or nats://HOST/NAME and no more";
    throw new Failure("usage", { what, why, hint: `as in: ${callOf("top")} 9090` });
  }
  if (/^(nats|tls):/.test(word)) {
    const address = parseRoom(word);
    if (address !== null) return await roomTarget(address, options, signal);
    throw new Failure("usage", { what: `cannot use "${word}"`, why: "it takes nats://HOST/NAME" });
  }
  const { parse, expects } = localPort("");
  const endpoint = parse(word.replace(/^http:\/\//, "").replace(/\/$/, ""));
  if (endpoint !== null && endpoint.port > 0) {
    return adminTarget(formatHostPort(endpoint), options, signal);
  }
  throw new Failure("usage", { what: `cannot use "${word}"`, why: `it takes ${expects}` });
}

function adminTarget(
  server: string,
  { timeout }: TargetOptions,
  signal: AbortSignal,
): Target {
  return {
    keys: keysLine,
    async look() {
      const status = parseStatus(await fetchText(`http://${server}/connections`, timeout, signal));
      if (status !== null) {
        return { json: status, lines: (view) => topLines(status, { ...view, server }) };
      }
      const what = `cannot show ${server}`;
      const hint = "give the port that the server has for --admin";
      throw new Failure("unreachable", { what, why: "it sends no state of a server", hint });
    },
  };
}

async function roomTarget(
  { isEncrypted, brokers, room }: RoomAddress,
  { roomCa, roomSecret }: TargetOptions,
  signal: AbortSignal,
): Promise<Target> {
  const credentials = await credentialsFor(isEncrypted, { ca: roomCa, secret: roomSecret });
  const { NatsLink } = await loadNats();
  let link: NatsLink | null = null;
  let next = 0;
  return {
    keys: (columns) => "q quit".slice(0, columns),
    async look() {
      if (link === null) {
        const broker = brokers[next++ % brokers.length]!;
        link = await NatsLink.connect({ ...broker, ...credentials, name: "echo top" }, signal);
        void link.closed.then(() => link = null);
      }
      const answers = await answersOf(link, room, signal);
      const status = roomStatusOf(answers);
      const title = `${room} at ${link?.broker ?? "no broker"}`;
      return { json: { room, ...status }, lines: (view) => roomLines(status, { ...view, title }) };
    },
  };
}

/** By one request: each server of the room answers for itself. */
async function answersOf(
  link: NatsLink,
  room: string,
  signal: AbortSignal,
): Promise<NodeStatus[]> {
  const answers = new Map<string, NodeStatus>();
  using _ = link.ask(statusSubject(room), new Uint8Array(), (bytes) => {
    const answer = parseNodeStatus(new TextDecoder().decode(bytes));
    if (answer !== null) answers.set(answer.node, answer);
  });
  await delay(ANSWER_TIME_MS, { signal }).catch(() => {});
  return [...answers.values()];
}
