/**
 * The cases of the suite `tls` that need no certificate: whether a server speaks TLS, and which
 * versions. Each of their clients leaves inside its handshake.
 *
 * @module
 */
import { Failure } from "../../failure.ts";
import { delay } from "../../std.ts";
import { type Case, Wrong } from "../case.ts";
import { type Answer, describe, versionName } from "./server_hello.ts";
import type { TlsServer } from "./tls_server.ts";

/** How long a program may take to end by its mistake, in milliseconds. */
const END_MS = 100;

/** Why there is no TLS, by what came instead. */
const NO_TLS: Record<Exclude<Answer["kind"], "hello" | "alert">, string> = {
  echo: "speaks no TLS: it echoes the handshake itself; check it with --plain",
  other: "speaks no TLS on this port: check it with --plain",
  end: "ends the connection at a ClientHello: it speaks no TLS, or its handshake fails",
  nothing: "does not answer in TLS: it speaks none, or is busy with another client",
};

/** Each of them is the basis of those after it. */
export const HANDSHAKE_CASES: readonly Case<TlsServer>[] = [
  {
    id: "tls-answer",
    isBasis: true,
    title: "a ClientHello is answered in TLS",
    async run(server) {
      const answer = await server.ask();
      if (isTls(answer)) return describe(answer);
      throw new Wrong(describe(answer), NO_TLS[answer.kind]);
    },
  },
  {
    id: "tls-vanish", // an early one: the clients of the others leave inside a handshake too
    isBasis: true,
    title: "the next client is served after one that leaves inside its handshake",
    run: (server) => leaveInside(server),
  },
  {
    id: "tls-versions",
    isBasis: true,
    title: "TLS 1.3 or TLS 1.2 is accepted",
    async run(server) {
      const newer = await server.ask([0x0304]);
      const older = await server.ask([0x0303]);
      const accepted = [
        ...(isVersion(newer, 0x0304) ? [versionName(0x0304)] : []),
        ...(isVersion(older, 0x0303) ? [versionName(0x0303)] : []),
      ];
      if (accepted.length > 0) return `it takes ${accepted.join(" and ")}`;
      const mistake = "takes neither TLS 1.3 nor TLS 1.2: clients of today offer nothing else";
      throw new Wrong(`to TLS 1.3 ${describe(newer)}, to TLS 1.2 ${describe(older)}`, mistake);
    },
  },
  {
    id: "tls-old-versions",
    title: "TLS 1.1, TLS 1.0 and SSL 3 are refused",
    timeout: 40_000,
    async run(server) {
      const accepted: string[] = [];
      for (const version of [0x0302, 0x0301, 0x0300] as const) {
        if (isVersion(await server.ask([version]), version)) accepted.push(versionName(version));
      }
      if (accepted.length === 0) return "all are refused";
      const mistake = "takes versions of TLS that are not safe: let it take TLS 1.2 and 1.3 only";
      throw new Wrong(`it takes ${accepted.join(" and ")}`, mistake);
    },
  },
];

async function leaveInside(server: TlsServer): Promise<string> {
  const mistake = "ends when a client leaves inside its handshake: it must handle that error";
  await expectAnswer(server, mistake); // after the client of the case before
  for (const leave of ["close", "reset"] as const) {
    try {
      (await server.beginHandshake())[leave]();
    } catch (error) {
      if (!(error instanceof Failure)) throw error; // the next client cannot connect either
    }
    await expectAnswer(server, mistake);
  }
  return "the next one was answered";
}

/** Asks as another client, which should get an answer in TLS. Throws a `Wrong` with `mistake`. */
export async function expectAnswer(server: TlsServer, mistake: string): Promise<void> {
  await delay(END_MS);
  let saw: string;
  try {
    const answer = await server.ask();
    if (isTls(answer)) return;
    saw = describe(answer);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    saw = error.message;
  }
  throw new Wrong(`the next client: ${saw}`, mistake);
}

function isTls(answer: Answer): answer is Extract<Answer, { kind: "hello" | "alert" }> {
  return answer.kind === "hello" || answer.kind === "alert";
}

function isVersion(answer: Answer, version: number): boolean {
  return answer.kind === "hello" && answer.version === version;
}
