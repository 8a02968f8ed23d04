/**
 * A port that is free.
 *
 * @module
 */
import { Failure } from "../failure.ts";

/** Ports below those that systems give to clients; assignment 002 asks for 10000 to 20000. */
const FIRST_PORT = 10_000;
const PORTS = 10_000;

/** A port from 10000 to 19999 that no program listens on. Throws a `Failure` where none is found. */
export function freePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (["0.0.0.0", "::"].every((hostname) => isFree(hostname, port))) return port;
  }
  throw new Failure("failed", { what: "cannot find a free port", why: "100 were in use" });
}

/** Whether nothing listens on this port of an address, as far as that can be known. */
export function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.AddrInUse); // without IPv6 it cannot be in use there
  }
}
