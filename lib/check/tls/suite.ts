/**
 * The suite `tls`: what clients expect of the TLS of an echo server.
 *
 * @module
 */
import type { Suite } from "../case.ts";
import { CERTIFICATE_CASES } from "./certificate_cases.ts";
import { HANDSHAKE_CASES } from "./handshake_cases.ts";
import { TLS_CLIENT_CASES } from "./client_cases.ts";
import type { TlsServer } from "./tls_server.ts";

/** All cases: handshakes by hand first, then certificates, then whole connections. */
export const TLS_SUITE: Suite<TlsServer> = {
  name: "tls",
  judged: "server",
  cases: [...HANDSHAKE_CASES, ...CERTIFICATE_CASES, ...TLS_CLIENT_CASES],
};
