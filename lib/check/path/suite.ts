/**
 * The suite `path`: what a proxy, a load balancer or a middlebox does to connections.
 *
 * @module
 */
import type { Suite } from "../case.ts";
import type { Path } from "./path.ts";
import { BYTE_CASES } from "./bytes.ts";
import { idleCase } from "./idle.ts";
import { SIZE_CASES } from "./sizes.ts";
import { TLS_CASES } from "./tls.ts";

/** All cases; a connection is silent for `idle` milliseconds in the last one. */
export function pathSuite(idle: number): Suite<Path> {
  const [key, alpn] = TLS_CASES;
  return {
    name: "path",
    judged: "path",
    cases: [key, ...BYTE_CASES, alpn, ...SIZE_CASES, idleCase(idle)],
  };
}
