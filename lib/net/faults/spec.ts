/**
 * Faults as people name them: `NAME[=VALUE][,after=SIZE|TIME][,p=0.1][,conn=N]`.
 *
 * @module
 */
import { parseDuration, parseSize } from "../../text/units.ts";

/** What a fault takes: a time in milliseconds, a size in bytes, a whole number, or nothing. */
type ValueKind = "time" | "size" | "number" | null;

/** Each fault: its value, and what it does. */
export const FAULTS = {
  "delay": { value: "time", does: "holds back what is sent for TIME" },
  "jitter": {
    value: "time",
    does: "holds back what is sent for up to TIME, each write differently",
  },
  "rate": { value: "size", does: "sends SIZE bytes a second" },
  "split": { value: "size", does: "sends pieces of SIZE bytes" },
  "drip": { value: null, does: "sends one byte at a time" },
  "corrupt": { value: null, does: "flips one bit" },
  "drop": { value: "size", does: "leaves out SIZE bytes" },
  "duplicate": { value: null, does: "sends one write twice" },
  "truncate": { value: null, does: "ends the connection cleanly, in the middle" },
  "no-close-notify": { value: null, does: "ends TCP without the end of TLS" },
  "reset": { value: null, does: "resets the connection" },
  "stall": { value: null, does: "sends nothing more, and stays connected" },
  "never-read": { value: null, does: "reads nothing" },
  "half-close-early": { value: null, does: "ends its side, and goes on reading" },
  "slow-accept": { value: "time", does: "lets a client wait for TIME before its handshake" },
  "http-status": { value: "number", does: "answers a request of HTTP with the status N" },
  "close-reason": { value: "number", does: "closes a WebSocket with the code N" },
  "loss": { value: null, does: "loses datagrams (UDP)" },
  "reorder": { value: null, does: "lets a datagram overtake the one before it (UDP)" },
  "stall-handshake": { value: null, does: "answers nothing to a ClientHello" },
  "garbage": { value: null, does: "sends bytes that are no TLS, and ends" },
  "refuse-alpn": { value: null, does: "ends the handshake with the alert no_application_protocol" },
  "wrong-cert": { value: null, does: "shows a certificate for another name" },
  "expired-cert": { value: null, does: "shows a certificate that has expired" },
} as const satisfies Record<string, { value: ValueKind; does: string }>;

/** The name of a fault. */
export type FaultName = keyof typeof FAULTS;

/** Faults that lie below TLS: they need TCP in front of it. */
export const BELOW_TLS = [
  "stall-handshake",
  "garbage",
  "refuse-alpn",
  "wrong-cert",
  "expired-cert",
] as const satisfies FaultName[];

/** One of them. */
export type FaultBelowTls = typeof BELOW_TLS[number];

/** Faults of datagrams. */
export const OF_DATAGRAMS = ["loss", "reorder"] as const satisfies FaultName[];

/** One of them. */
export type DatagramFault = typeof OF_DATAGRAMS[number];

/** Whether it is a fault of datagrams. */
export function isOfDatagrams(name: FaultName): name is DatagramFault {
  return (OF_DATAGRAMS as readonly string[]).includes(name);
}

/** Whether a fault lies below TLS. */
export function isBelowTls(name: FaultName): name is FaultBelowTls {
  return (BELOW_TLS as readonly string[]).includes(name);
}

/** A fault, and when it happens. */
export interface FaultSpec {
  /** Which. */
  name: FaultName;
  /** Its value: milliseconds, bytes or a number; 0 where it takes none. */
  value: number;
  /** It begins after so many bytes were sent on a connection. */
  afterBytes: number;
  /** It begins so many milliseconds after a connection has begun. */
  afterMs: number;
  /** The part of the connections that have it, from 0 to 1. */
  probability: number;
  /** The one connection that has it, counted from 1; null: any. */
  connection: number | null;
  /** As it was typed. */
  text: string;
}

/** Reads a fault. Throws an `Error` whose message says what is wrong with it. */
export function parseFault(text: string): FaultSpec {
  const [head = "", ...conditions] = text.split(",");
  const [name = "", value] = splitPair(head);
  if (!isFaultName(name)) throw new Error(`there is no fault "${name}"`);
  const spec: FaultSpec = {
    name,
    value: valueOf(name, value),
    afterBytes: 0,
    afterMs: 0,
    probability: 1,
    connection: null,
    text,
  };
  for (const condition of conditions) readCondition(spec, condition);
  return spec;
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** The value of a fault that is given without one: `drop` leaves out one byte. */
const DEFAULT_VALUES: Partial<Record<FaultName, number>> = { drop: 1 };

/** The code of a status of HTTP, or of the end of a WebSocket. */
const parseCode = (text: string) => /^[1-5]\d{2}$|^[1-4]\d{3}$/.test(text) ? Number(text) : null;

const PARSERS = { time: parseDuration, size: parseSize, number: parseCode };

function valueOf(name: FaultName, text: string | undefined): number {
  const kind: ValueKind = FAULTS[name].value;
  if (kind === null) {
    if (text !== undefined) throw new Error(`${name} takes no value`);
    return 0;
  }
  const initial = DEFAULT_VALUES[name];
  if (text === undefined && initial !== undefined) return initial;
  const value = PARSERS[kind](text ?? "");
  if (value !== null && value > 0) return value;
  const example =
    { time: "200ms", size: "64k", number: name === "http-status" ? "503" : "1011" }[kind];
  throw new Error(`${name} takes a ${kind}, as in ${name}=${example}`);
}

function readCondition(spec: FaultSpec, text: string): void {
  const [key, value = ""] = splitPair(text);
  switch (key) {
    case "after": {
      const bytes = parseSize(value);
      const ms = parseDuration(value);
      if (bytes === null && ms === null) throw new Error("after takes a size or a time");
      spec.afterBytes = bytes ?? 0;
      spec.afterMs = bytes === null ? ms! : 0;
      return;
    }
    case "p": {
      const probability = /^(0?\.\d+|[01])$/.test(value) ? Number(value) : NaN;
      if (!(probability > 0)) throw new Error("p takes a part, as in p=0.1");
      spec.probability = probability;
      return;
    }
    case "conn": {
      if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error("conn takes a number from 1 on");
      spec.connection = Number(value);
      return;
    }
    default:
      throw new Error(`"${text}" is none of after=, p= and conn=`);
  }
}

function splitPair(text: string): [key: string, value: string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
