/**
 * The suite `echo`: what RFC 862 and people expect of an echo server.
 *
 * @module
 */
import type { Case } from "./case.ts";
import { CLIENT_CASES } from "./client_cases.ts";
import { MESSAGE_CASES } from "./message_cases.ts";

/** All cases: of one client first, then of several. */
export const ECHO_SUITE: readonly Case[] = [...MESSAGE_CASES, ...CLIENT_CASES];
