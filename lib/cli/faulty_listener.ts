/**
 * The listener of a server that misbehaves (`--fault`).
 *
 * @module
 */
import type { Identity } from "../certs/pem.ts";
import { localAuthority } from "../certs/store.ts";
import { Failure } from "../failure.ts";
import { type FaultPlan, faultyListener } from "../net/faults/faults.ts";
import { type Behind, frontedListener } from "../net/faults/front.ts";
import { type FaultBelowTls, isBelowTls } from "../net/faults/spec.ts";
import { localNames } from "../net/host.ts";
import { type Credentials, listen, type Listener } from "../net/listen.ts";
import { findCertsDirectory } from "./paths.ts";

/** Far enough in the past for a certificate of a year to have ended, in milliseconds. */
const LONG_AGO_MS = 2 * 366 * 24 * 60 * 60 * 1000;

/** Where to listen, and with what. */
export interface FaultyListenerOptions {
  /** The address, or null for all of them. */
  hostname: string | null;
  /** The port. */
  port: number;
  /** The server's own certificate; null without TLS. */
  tls: Credentials | null;
  /** Whether that is one that echo has made itself. */
  isOwn: boolean;
}

/** Listens, and harms what comes. Throws a `Failure`. */
export async function listenWithFaults(
  options: FaultyListenerOptions,
  plan: FaultPlan,
): Promise<Listener> {
  const { hostname, port, tls } = options;
  const below = plan.faults.map(({ name }) => name).filter(isBelowTls);
  if (below.length === 0) return faultyListener(await listen({ hostname, port, tls }), plan);
  if (tls === null) {
    const why = "there is no TLS";
    throw new Failure("usage", { what: `cannot use --fault ${below[0]} with --plain`, why });
  }
  const front = await listen({ hostname, port, tls: null });
  const behind: Behind = { own: await listenBehind(tls), others: {} };
  for (const name of below) {
    const identity = await identityFor(name, options);
    if (identity !== null) behind.others[name] = await listenBehind({ ...tls, ...identity });
  }
  return faultyListener(frontedListener(front, behind, plan), plan);
}

function listenBehind(tls: Credentials): Promise<Listener> {
  return listen({ hostname: "127.0.0.1", port: 0, tls });
}

/** The certificate of a fault, signed by the authority that clients know; null: it needs none. */
async function identityFor(
  fault: FaultBelowTls,
  { tls, isOwn }: FaultyListenerOptions,
): Promise<Identity | null> {
  if (fault !== "wrong-cert" && fault !== "expired-cert") return null;
  const { makeAuthority, makeLeaf } = await import("../certs/authority.ts");
  const directory = findCertsDirectory();
  const own = isOwn && directory !== null ? await localAuthority(directory) : null;
  const now = new Date();
  const authority = own === null ? await makeAuthority(now) : { cert: own, key: tls!.key };
  return fault === "wrong-cert"
    ? await makeLeaf(authority, ["another-host.invalid"], now)
    : await makeLeaf(authority, localNames(), new Date(now.getTime() - LONG_AGO_MS));
}
