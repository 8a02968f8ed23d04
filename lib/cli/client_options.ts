/**
 * The options of `echo client`, and which of them exclude each other.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { BELOW_TLS, type FaultName, OF_DATAGRAMS } from "../net/faults/spec.ts";
import { bufferOption, caOption, logOptions, styleOptions } from "./common_options.ts";
import { faultOption, seedOption } from "./fault_options.ts";
import {
  count,
  dialect,
  duration,
  fingerprint,
  flag,
  type Option,
  text,
  type Values,
} from "./options.ts";

/** The server's time to answer where `--timeout` is not given, in milliseconds. */
export const TIMEOUT_MS = { tls: 10_000, udp: 1_000 };

/** The table. */
export const clientOptions = {
  ...styleOptions,
  ...logOptions(),
  ...caOption,
  "server-name": {
    ...text("the name the certificate must be for, where it is not HOST"),
    value: "NAME",
  },
  "pin": fingerprint("trust the server with this key without asking, and from now on"),
  "plain": flag("no TLS: for echo servers written by hand"),
  "dialect": dialect("frames, or raw with --plain"),
  "broadcast": flag("the server may greet, and other clients may speak (server option -b)", "b"),
  ...bufferOption,
  "timeout": {
    ...duration("how long the server may take to answer", TIMEOUT_MS.tls),
    initial: null,
    shown: "10s; with --udp 1s, for each try",
  } as Option<number | null>,
  "fault": faultOption,
  "seed": seedOption,
  "udp": flag("send datagrams to an echo of RFC 862, without TLS"),
  "retries": count("with --udp: how often to send a message again", 3, { min: 0, max: 100 }),
};

/** Their values. */
export type ClientValues = Values<typeof clientOptions>;

/** Throws a `Failure` of kind `usage` where one option makes another one meaningless. */
export function rejectContradictions(values: ClientValues): void {
  const { plain, udp, pin } = values;
  const isGiven = {
    "dialect": values.dialect !== "auto",
    "broadcast": values.broadcast,
    "buffer": values.buffer !== clientOptions.buffer.initial,
    "ca": values.ca !== null,
    "pin": pin !== null,
    "server-name": values.serverName !== null,
    "fault": values.fault.length > 0,
  };
  const reject = (option: string, others: (keyof typeof isGiven)[], why: string) => {
    const other = others.find((name) => isGiven[name]);
    if (other === undefined) return;
    throw new Failure("usage", { what: `cannot use --${option} with --${other}`, why });
  };
  if (udp) reject("udp", ["dialect", "broadcast", "buffer", "fault"], "each datagram is a message");
  // The last two need FFI, which a client does without.
  const onlyServers: FaultName[] = [
    ...[...BELOW_TLS, ...OF_DATAGRAMS],
    ...["slow-accept", "http-status", "close-reason", "reset", "no-close-notify"] as const,
  ];
  const impossible = values.fault.find(({ name }) => onlyServers.includes(name));
  if (impossible !== undefined) {
    const what = `cannot use --fault "${impossible.text}"`;
    throw new Failure("usage", { what, why: `only a server can do ${impossible.name}` });
  }
  if (udp || plain) {
    const why = "without TLS there is no certificate";
    reject(udp ? "udp" : "plain", ["ca", "pin", "server-name"], why);
  }
  if (pin !== null) {
    const why = "a pin identifies the server by its key, whatever its name and authority";
    reject("pin", ["ca", "server-name"], why);
  }
}
