/**
 * The server whose TLS is checked: ways to connect to it.
 *
 * @module
 */
import type { TlsVersion } from "../../net/client_hello.ts";
import type { Conn } from "../../net/conn.ts";
import type { NegotiatedConn } from "../../net/connect.ts";
import type { TlsProblem } from "../../net/tls.ts";
import type { Failure } from "../../failure.ts";
import { concat } from "../../std.ts";
import { ANSWER_MS } from "../judge.ts";
import { type Answer, answerIn, RECORD_HEADER_BYTES, recordSize } from "./server_hello.ts";
import { Probe } from "../server.ts";

/** What a server claims to be. */
export interface ShownCertificate {
  /** Its certificate, DER. */
  der: Uint8Array;
  /** The fingerprint of its key. */
  fingerprint: string;
  /** The names and addresses that it is for. */
  names: string[];
}

/** How to reach the server. Each connection has a deadline, and throws a `Failure`. */
export interface TlsDialing {
  /** The name or address by which it is reached. */
  hostname: string;
  /** The fingerprint that its key should have, or null. */
  pin: string | null;
  /** The first message of a client that offers these versions, the newest first. */
  clientHello(versions: readonly TlsVersion[]): Uint8Array;
  /** Connects without TLS. */
  connectPlain(): Promise<Conn>;
  /** Connects over TLS, where an authority or the pin trusts the key, for whatever name. */
  connectTrusting(): Promise<NegotiatedConn>;
  /** The same also where only the server itself has signed its certificate. */
  connectAnyhow(protocols: string[]): Promise<NegotiatedConn>;
  /** The certificate that it shows. */
  fetchCertificate(): Promise<ShownCertificate>;
  /** Whether a second connection resumes the session of the first one. */
  resumesSession(): Promise<boolean>;
}

/** The versions that a client of today offers. */
export const MODERN_VERSIONS: readonly TlsVersion[] = [0x0304, 0x0303];

/** What a case can do. */
export class TlsServer {
  readonly #open = new Set<Probe>();
  /** The ways to reach it. */
  readonly dialing: TlsDialing;

  /** Connects by `dialing`. */
  constructor(dialing: TlsDialing) {
    this.dialing = dialing;
  }

  /** Connects without TLS. */
  async connectPlain(): Promise<Probe> {
    return this.#keep(await this.dialing.connectPlain());
  }

  /** Connects over TLS, with these ALPN protocols on offer; returns the chosen one too. */
  async connect(protocols: string[] = []): Promise<{ probe: Probe; protocol: string | null }> {
    const { conn, protocol } = await this.dialing.connectAnyhow(protocols);
    return { probe: this.#keep(conn), protocol };
  }

  /** Sends a ClientHello with these versions, and returns the answer; the client then leaves. */
  async ask(versions: readonly TlsVersion[] = MODERN_VERSIONS): Promise<Answer> {
    const hello = this.dialing.clientHello(versions);
    const probe = await this.connectPlain();
    await probe.send(hello);
    const bytes = await firstRecord(probe);
    const hasEnded = probe.ended !== null;
    probe.close();
    if (bytes.length > 0) return answerIn(bytes, hello);
    return { kind: hasEnded ? "end" : "nothing" };
  }

  /** A client that has sent half a ClientHello. */
  async beginHandshake(): Promise<Probe> {
    const hello = this.dialing.clientHello(MODERN_VERSIONS);
    const probe = await this.connectPlain();
    await probe.send(hello.subarray(0, hello.length >> 1));
    return probe;
  }

  /** Closes all connections of a case. */
  closeAll(): void {
    for (const probe of this.#open) probe.close();
    this.#open.clear();
  }

  #keep(conn: Conn): Probe {
    const probe = new Probe(conn);
    this.#open.add(probe);
    return probe;
  }
}

/** What is wrong with TLS where `error` was caused by it; null for any other failure. */
export function tlsProblemOf({ cause }: Failure): TlsProblem | null {
  return cause instanceof Error && "problem" in cause ? cause.problem as TlsProblem : null;
}

/** The bytes up to the end of the first record, or all that came in time. */
async function firstRecord(probe: Probe): Promise<Uint8Array> {
  await probe.wait(RECORD_HEADER_BYTES, ANSWER_MS);
  const header = probe.take();
  await probe.wait(recordSize(header) - header.length, ANSWER_MS);
  return concat([header, probe.take()]);
}
