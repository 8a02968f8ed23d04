/**
 * Reading a status that came over the network. What does not look like one is none.
 *
 * @module
 */
import type { NodeStatus } from "./node_status.ts";
import type { Status } from "./status.ts";

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isString: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const orNull = (check: Check): Check => (value) => value === null || check(value);
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const recordOf = (check: Check): Check => (value) =>
  isObject(value) && Object.values(value).every(check);
const fields = (checks: Record<string, Check>): Check => (value) =>
  isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isClient = fields({
  conn: isNumber,
  peer: isString,
  dialect: isString,
  since: isNumber,
  messages: isNumber,
  receivedBytes: isNumber,
  sentBytes: isNumber,
  waitingBytes: isNumber,
  idle: isNumber,
  isSlow: isBoolean,
});

const isStatus = fields({
  version: isString,
  started: isNumber,
  time: isNumber,
  state: isString,
  connections: isNumber,
  messagesPerSecond: isNumber,
  bytesPerSecond: isNumber,
  writeP50: orNull(isNumber),
  writeP99: orNull(isNumber),
  accepted: isNumber,
  messages: isNumber,
  receivedBytes: isNumber,
  sentBytes: isNumber,
  datagrams: isNumber,
  clients: listOf(isClient),
  closed: recordOf(isNumber),
  limits: listOf(fields({
    option: isString,
    name: isString,
    used: isNumber,
    limit: isNumber,
    isBytes: isBoolean,
  })),
  certificate: orNull(fields({ fingerprint: isString, expires: isNumber })),
  residentBytes: isNumber,
});

const isNode = fields({
  node: isString,
  host: isString,
  version: isString,
  started: isNumber,
  time: isNumber,
  state: isString,
  connections: isNumber,
  messagesPerSecond: isNumber,
  bytesPerSecond: isNumber,
  peers: listOf(fields({ node: isString, host: isString, silent: isNumber })),
});

/** The status in a JSON text; null for anything else. */
export function parseStatus(text: string): Status | null {
  return parse(text, isStatus) as Status | null;
}

/** The answer of a server of a room; null for anything else. */
export function parseNodeStatus(text: string): NodeStatus | null {
  return parse(text, isNode) as NodeStatus | null;
}

function parse(text: string, check: Check): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return check(value) ? value : null;
  } catch {
    return null;
  }
}
