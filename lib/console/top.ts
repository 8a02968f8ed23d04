/**
 * The state of a server as lines of a terminal, for `echo top`.
 *
 * @module
 */
import type { ConnectionRow } from "../server/meter.ts";
import type { Status } from "../admin/status.ts";
import { grouped, shortBytes, shortDuration, shortLatency } from "../text/amounts.ts";
import { safeText } from "../text/escape.ts";
import { cell, cut } from "./cells.ts";

/** What the clients can be sorted by: the key to press, and its name. */
export const SORT_KEYS = {
  n: "number",
  a: "age",
  m: "messages",
  b: "bytes",
  w: "waiting",
  i: "idle",
} as const;

/** One of them. */
export type SortKey = keyof typeof SORT_KEYS;

/** How the lines look. */
export interface View {
  /** How many characters a line may have. */
  columns: number;
  /** How many lines there may be; without a limit all clients are shown. */
  rows: number;
  /** The order of the clients; slow ones always come first. */
  sort: SortKey;
  /** Where the server is: `127.0.0.1:9090`. */
  server: string;
  /** Why there is nothing newer, or null. */
  problem: string | null;
}

interface Column {
  title: string;
  width: number;
  /** Which are left away first where there is no room, from 1. */
  rank: number;
  isText?: boolean;
  text(client: ConnectionRow, now: number): string;
}

/** The peer gets what is left. */
const MIN_PEER = 12;
const MAX_PEER = 47; // [IPv6]:port

const COLUMNS: readonly Column[] = [
  {
    title: "no.",
    width: 7,
    rank: 9,
    text: ({ conn, isSlow }) => `${isSlow ? "!" : ""}${conn}`,
  },
  { title: "peer", width: MIN_PEER, rank: 8, isText: true, text: ({ peer }) => safeText(peer) },
  {
    title: "dialect",
    width: 9,
    rank: 1,
    isText: true,
    text: ({ dialect }) => safeText(dialect),
  },
  { title: "age", width: 10, rank: 3, text: ({ since }, now) => shortDuration(now - since) },
  { title: "messages", width: 11, rank: 7, text: ({ messages }) => grouped(messages) },
  { title: "bytes", width: 8, rank: 5, text: ({ receivedBytes }) => shortBytes(receivedBytes) },
  {
    title: "waiting",
    width: 8,
    rank: 6,
    text: ({ waitingBytes }) => waitingBytes > 0 ? shortBytes(waitingBytes) : "-",
  },
  { title: "idle", width: 8, rank: 4, text: ({ idle }) => idle < 1000 ? "-" : shortDuration(idle) },
];

/** The lines: what the server is, its figures, and its clients. None is longer than `columns`. */
export function topLines(status: Status, view: View): string[] {
  const { columns, rows, problem } = view;
  const head = [
    ...flowed(identity(status, view), columns),
    ...flowed(figures(status), columns),
    ...(problem === null ? [] : [problem]),
    "",
  ];
  const shown = shownColumns(columns);
  const room = Math.max(0, rows - head.length - 1);
  const clients = sorted(status.clients, view.sort).slice(0, room);
  const table = [
    shown.map((column) => cell(column, column.title)).join(" "),
    ...clients.map((client) =>
      shown.map((column) => cell(column, column.text(client, status.time))).join(" ")
    ),
  ];
  return [...head, ...table].slice(0, rows).map((line) => cut(line.trimEnd(), columns));
}

/** The last line of a terminal: what can be pressed. */
export function keysLine(columns: number, sort: SortKey): string {
  const keys = Object.entries(SORT_KEYS).map(([key, name]) =>
    key === sort ? `[${key} ${name}]` : `${key} ${name}`
  );
  return cut(`q quit  sort: ${keys.join("  ")}  ! slow`, columns);
}

function identity(status: Status, { server }: View): string[] {
  return [
    `echo ${safeText(status.version)}`,
    safeText(server),
    safeText(status.state),
    `up ${shortDuration(status.time - status.started)}`,
    ...nearLimits(status),
  ];
}

function figures(status: Status): string[] {
  return [
    `${grouped(status.connections)} ${status.connections === 1 ? "client" : "clients"}`,
    `${grouped(status.messagesPerSecond)} messages/s`,
    `${(status.bytesPerSecond / 1e6).toFixed(2)} MB/s`,
    `write p50 ${shortLatency(status.writeP50)}`,
    `p99 ${shortLatency(status.writeP99)}`,
  ];
}

/** Only limits that are near are worth a place. */
function nearLimits({ limits }: Status): string[] {
  return limits.filter(({ used, limit }) => used > 0.8 * limit).map(({ option, used, limit }) =>
    `--${safeText(option)} ${Math.round(100 * used / limit)} %`
  );
}

/** Puts the parts of a line into as many lines as they need. */
function flowed(parts: string[], columns: number): string[] {
  const lines = [""];
  for (const part of parts) {
    const longer = lines.at(-1) === "" ? part : `${lines.at(-1)}  ${part}`;
    if (longer.length <= columns || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function shownColumns(columns: number): Column[] {
  const byRank = [...COLUMNS].sort((a, b) => b.rank - a.rank);
  let room = columns;
  const fits = new Set(byRank.filter(({ width, rank }) => {
    if (rank < 8 && width + 1 > room) return false;
    room -= width + 1;
    return true;
  }));
  return COLUMNS.filter((column) => fits.has(column)).map((column) =>
    column.title === "peer"
      ? { ...column, width: Math.min(MAX_PEER, MIN_PEER + Math.max(0, room)) }
      : column
  );
}

function sorted(clients: readonly ConnectionRow[], sort: SortKey): ConnectionRow[] {
  const value: Record<SortKey, (client: ConnectionRow) => number> = {
    n: ({ conn }) => conn,
    a: ({ since }) => since,
    m: ({ messages }) => -messages,
    b: ({ receivedBytes }) => -receivedBytes,
    w: ({ waitingBytes }) => -waitingBytes,
    i: ({ idle }) => -idle,
  };
  const order = value[sort];
  return clients.toSorted((a, b) =>
    Number(b.isSlow) - Number(a.isSlow) || order(a) - order(b) || a.conn - b.conn
  );
}
