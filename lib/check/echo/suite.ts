/**
 * The suite `echo`: what RFC 862 and people expect of an echo server.
 *
 * @module
 */
import type { Suite } from "../case.ts";
import { CLIENT_CASES } from "./client_cases.ts";
import { MESSAGE_CASES } from "./message_cases.ts";
import type { Server } from "../server.ts";

/** All cases: of one client first, then of several. */
export const ECHO_SUITE: Suite<Server> = {
  name: "echo",
  judged: "server",
  cases: [...MESSAGE_CASES, ...CLIENT_CASES],
};
