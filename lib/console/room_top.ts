/**
 * The servers of a room as lines of a terminal, for `echo top nats://...`.
 *
 * @module
 */
import type { NodeStatus, RoomStatus } from "../admin/node_status.ts";
import { grouped, shortDuration } from "../text/amounts.ts";
import { safeText } from "../text/escape.ts";
import { cell, cut } from "./cells.ts";

/** How the lines look. */
export interface RoomView {
  /** How many characters a line may have. */
  columns: number;
  /** How many lines there may be. */
  rows: number;
  /** The room and its broker: `try at 127.0.0.1:4222`. */
  title: string;
  /** Why there is nothing newer, or null. */
  problem: string | null;
}

interface Column {
  title: string;
  width: number;
  isText?: boolean;
  text(node: NodeStatus): string;
}

/** From the one that a narrow terminal needs most. */
const COLUMNS: readonly Column[] = [
  { title: "machine", width: 18, isText: true, text: ({ host }) => safeText(host) },
  { title: "clients", width: 8, text: ({ connections }) => grouped(connections) },
  { title: "messages/s", width: 11, text: (node) => grouped(node.messagesPerSecond) },
  { title: "MB/s", width: 8, text: (node) => (node.bytesPerSecond / 1e6).toFixed(2) },
  { title: "up", width: 10, text: ({ started, time }) => shortDuration(time - started) },
  { title: "version", width: 8, isText: true, text: ({ version }) => safeText(version) },
  { title: "server", width: 8, isText: true, text: ({ node }) => safeText(node) },
];

/** One line for each server, and one for each that is cut off. None is longer than `columns`. */
export function roomLines({ nodes, silent }: RoomStatus, view: RoomView): string[] {
  const { columns, rows, title, problem } = view;
  const sum = (pick: (node: NodeStatus) => number) => nodes.reduce((all, it) => all + pick(it), 0);
  const shown = columnsWithin(columns);
  const lines = [
    `room ${safeText(title)}`,
    `${grouped(nodes.length)} ${nodes.length === 1 ? "server" : "servers"}  ` +
    `${grouped(sum((it) => it.connections))} clients  ` +
    `${grouped(sum((it) => it.messagesPerSecond))} messages/s  ` +
    `${(sum((it) => it.bytesPerSecond) / 1e6).toFixed(2)} MB/s`,
    ...(problem === null ? [] : [problem]),
    "",
    shown.map((column) => cell(column, column.title)).join(" "),
    ...nodes.map((node) => shown.map((column) => cell(column, column.text(node))).join(" ")),
    ...silent.map(({ host, node, silent }) =>
      `${cell(COLUMNS[0]!, safeText(host || node))} cut off, not heard for ${shortDuration(silent)}`
    ),
  ];
  return lines.slice(0, rows).map((line) => cut(line.trimEnd(), columns));
}

function columnsWithin(columns: number): Column[] {
  let room = columns + 1;
  const isShown = COLUMNS.map(({ width }, index) => (room -= width + 1) >= 0 || index === 0);
  const end = isShown.indexOf(false);
  return COLUMNS.slice(0, end < 0 ? undefined : end);
}
