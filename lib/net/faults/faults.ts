/**
 * Connections that misbehave on request (`--fault`), as the proxy toxiproxy makes them for TCP.
 *
 * @module
 */
import { delay } from "../../std.ts";
import type { Conn, Peer } from "../conn.ts";
import type { Listener } from "../listen.ts";
import { ChangedConn } from "./change.ts";
import { DelayedConn } from "./delay.ts";
import { EndedConn } from "./end.ts";
import type { FaultContext, FaultyConn } from "./faulty_conn.ts";
import { randomOf } from "./random.ts";
import { SlowConn } from "./rate.ts";
import { DeafConn, StalledConn } from "./silence.ts";
import {
  type DatagramFault,
  type FaultBelowTls,
  type FaultName,
  type FaultSpec,
  isBelowTls,
  isOfDatagrams,
} from "./spec.ts";
import { SplitConn } from "./split.ts";
import { WebConn } from "./web.ts";

/** A harm that was done. */
export interface Harm {
  /** The fault. */
  fault: FaultName;
  /** The connection, counted from 1. */
  connection: number;
  /** Its other end. */
  peer: Peer;
  /** How many bytes the program had sent before. */
  at: number;
}

/** Which faults there are, and their seed. */
export interface FaultPlan {
  /** The faults; those that come first are next to the wire. */
  faults: readonly FaultSpec[];
  /** The same seed, the same harm. */
  seed: number;
  /** Called for each harm. */
  onHarm(harm: Harm): void;
}

type Harmful = new (inner: Conn, context: FaultContext) => FaultyConn;

const CLASSES: Record<
  Exclude<FaultName, "slow-accept" | FaultBelowTls | DatagramFault>,
  Harmful
> = {
  "delay": DelayedConn,
  "jitter": DelayedConn,
  "rate": SlowConn,
  "split": SplitConn,
  "drip": SplitConn,
  "corrupt": ChangedConn,
  "drop": ChangedConn,
  "duplicate": ChangedConn,
  "truncate": EndedConn,
  "no-close-notify": EndedConn,
  "reset": EndedConn,
  "half-close-early": EndedConn,
  "http-status": WebConn,
  "close-reason": WebConn,
  "stall": StalledConn,
  "never-read": DeafConn,
};

/** The connection with the number `connection`, as the plan wants it. */
export function withFaults(conn: Conn, connection: number, plan: FaultPlan): Conn {
  const random = randomOf(plan.seed, connection);
  let harmed = conn;
  for (const spec of plan.faults) {
    const { name } = spec;
    const isHit = random() < spec.probability && concerns(spec, connection);
    if (!isHit || name === "slow-accept" || isBelowTls(name) || isOfDatagrams(name)) continue;
    const report = (at: number) => plan.onHarm({ fault: name, connection, peer: conn.peer, at });
    harmed = new CLASSES[name](harmed, { spec, random, report });
  }
  return harmed;
}

/** A listener whose connections misbehave. */
export function faultyListener(listener: Listener, plan: FaultPlan): Listener {
  const waits = plan.faults.filter(({ name }) => name === "slow-accept");
  let count = 0;
  return {
    hostname: listener.hostname,
    port: listener.port,
    advertisedAddress: listener.advertisedAddress,
    noDelay: listener.noDelay,
    async accept() {
      const conn = await listener.accept();
      const connection = ++count;
      for (const { name, value } of waits.filter((it) => concerns(it, connection))) {
        plan.onHarm({ fault: name, connection, peer: conn.peer, at: 0 });
        await delay(value);
      }
      return withFaults(conn, connection, plan);
    },
    renew: (tls) => listener.renew(tls),
    close: () => listener.close(),
  };
}

/** The faults below TLS that a connection has. */
export function faultsBelowTls(connection: number, { faults, seed }: FaultPlan): FaultSpec[] {
  const random = randomOf(seed, connection);
  return faults.filter((spec) => {
    const isHit = random() < spec.probability && concerns(spec, connection);
    return isHit && isBelowTls(spec.name);
  });
}

function concerns({ connection }: FaultSpec, number: number): boolean {
  return connection === null || connection === number;
}
