/**
 * The suite `echo`: what RFC 862 and people expect of an echo server.
 *
 * @module
 */
import type { Suite } from "../case.ts";
import type { CheckDialect, Server } from "../server.ts";
import { CLIENT_CASES } from "./client_cases.ts";
import { CLOSE_CASES, END_CASES } from "./end_cases.ts";
import { MESSAGE_CASES } from "./message_cases.ts";

/** All cases: of one client first, then of several. */
export function echoSuite(dialect: CheckDialect): Suite<Server> {
  const ends = dialect === "websocket" ? CLOSE_CASES : END_CASES;
  return { name: "echo", judged: "server", cases: [...MESSAGE_CASES, ...ends, ...CLIENT_CASES] };
}
