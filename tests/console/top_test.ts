import { statusOf } from "../../lib/admin/status.ts";
import { keysLine, SORT_KEYS, type SortKey, topLines } from "../../lib/console/top.ts";
import { emptyMetrics } from "../../lib/server/metrics.ts";
import { adminSource } from "../support/admin.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

const client = (conn: number, more = {}) => ({
  conn,
  peer: `[::1]:${50_000 + conn}`,
  dialect: "frames",
  since: 10_000 + conn,
  messages: 10 * conn,
  receivedBytes: 1_000 - conn,
  sentBytes: 0,
  waitingBytes: 0,
  idle: 0,
  isSlow: false,
  ...more,
});

const CLIENTS = [client(1), client(2), client(3, { isSlow: true, waitingBytes: 70_000 })];

function status(clients = CLIENTS) {
  const metrics = emptyMetrics();
  metrics.usage.connections = 9;
  const now = { time: 70_000, metrics, rows: clients };
  return statusOf(adminSource(), now, { time: 69_000, metrics: emptyMetrics() });
}

const view = (more = {}) => ({
  columns: 80,
  rows: 23,
  sort: "n" as SortKey,
  server: "127.0.0.1:9090",
  problem: null,
  ...more,
});

Deno.test("top: what the server is, its figures, and its clients, slow ones first", PURE, () => {
  assertEquals(topLines(status(), view({ columns: 100 })), [
    "echo 1.2.3  127.0.0.1:9090  serving  up 1 m 10 s  --max-connections 90 %",
    "0 clients  0 messages/s  0.00 MB/s  write p50 -  p99 -",
    "",
    "    no. peer                            dialect          age    messages    bytes  waiting     idle",
    "     !3 [::1]:50003                     frames          59 s          30    997 B  70.0 kB        -",
    "      1 [::1]:50001                     frames          59 s          10    999 B        -        -",
    "      2 [::1]:50002                     frames          59 s          20    998 B        -        -",
  ]);
});

Deno.test("top: no line is wider and no screen higher than the terminal", PURE, () => {
  for (let columns = 1; columns <= 130; columns++) {
    for (const rows of [1, 2, 5, 23]) {
      const lines = topLines(status(), view({ columns, rows, problem: "not connected: why" }));
      assert(lines.length <= rows, `${columns}x${rows}`);
      assert(lines.every((line) => line.length <= columns), `${columns}x${rows}:\n${lines}`);
    }
    assert(keysLine(columns, "n").length <= columns);
  }
});

Deno.test("top: at 20 columns a client is its number and its peer", PURE, () => {
  const lines = topLines(status(), view({ columns: 20 }));
  assertEquals(lines.slice(-2), ["      1 [::1]:50001", "      2 [::1]:50002"]);
});

Deno.test("top: each key sorts by its column", PURE, () => {
  const order = (sort: SortKey) =>
    topLines(status(CLIENTS.slice(0, 2)), view({ sort })).slice(4).map((line) =>
      Number(line.slice(0, 7))
    );
  const orders = Object.keys(SORT_KEYS).map((key) => [key, ...order(key as SortKey)]);
  assertEquals(orders, [
    ["n", 1, 2],
    ["a", 1, 2],
    ["m", 2, 1],
    ["b", 1, 2],
    ["w", 1, 2],
    ["i", 1, 2],
  ]);
});

Deno.test("top: what a hostile server sends cannot reach the terminal as an escape", PURE, () => {
  const evil = status([client(1, { peer: "\x1b[2J", dialect: "\x1b]0;x\x07" })]);
  const lines = topLines({ ...evil, version: "\x1b[31m" }, view()).join("\n");
  // deno-lint-ignore no-control-regex -- these must not be there
  assertEquals(/[\x00-\x09\x0b-\x1f\x7f]/.test(lines), false);
  assertMatch(lines, /\\x1b/);
});
