/**
 * Trust on first use: which servers are known, and the question about one that is not.
 *
 * @module
 */
import { anchorFor, fingerprintOf, PINNED_NAME, pinningProblem } from "../certs/fingerprint.ts";
import { findHost, keepHost, type KnownHost } from "../certs/known_hosts.ts";
import { derOf } from "../certs/pem.ts";
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { Failure } from "../failure.ts";
import { connect, type ConnectOptions, type NegotiatedConn } from "../net/connect.ts";
import { fetchServerCertificate } from "../net/fetch_certificate.ts";
import { TlsError } from "../net/tls.ts";
import { safeText } from "../text/escape.ts";
import { isLoopback } from "../text/ip.ts";
import { formatHostPort } from "../text/host_port.ts";
import type { ByteReader } from "../wire/reader.ts";
import { readAnswer } from "./answers.ts";
import { callOf } from "./calling.ts";
import { knownHostsFile } from "./paths.ts";
import {
  hostPort,
  keyChanged,
  noKnownHosts,
  otherHost,
  pinMismatch,
  rejectedByUser,
  unknownHost,
  unpinnable,
  unverifiable,
} from "./trust_failures.ts";

/** How the user decides about an unknown server. */
export interface TrustPrompt {
  /** `--pin`: the fingerprint to accept, or null. */
  pin: string | null;
  /** The command that takes `--pin`, as it was called, with the options that it needs. */
  command: string;
  /** The source of the answer. */
  stdin: ByteReader;
  /** The place of the question. */
  screen: Screen;
  /** What is wrong with the certificate besides that its key is not known. */
  note?: string | null;
}

/**
 * Connects to a server in one of three ways: its key is known; or its certificate is signed by one of
 * `target.authorities` or of the system's; or its key is accepted now, and known from then on.
 * Throws a `Failure` as `connect` does, of kind `untrusted` also when a known key has changed.
 */
export async function connectTrusting(
  target: ConnectOptions,
  prompt: TrustPrompt,
): Promise<NegotiatedConn> {
  if (prompt.pin !== null) {
    return await connectAccepted(target, await fetchPinnable(target), prompt);
  }
  const file = knownHostsFile();
  const known = file === null ? null : await findHost(file, formatHostPort(target));
  const unknown = known === null ? await lookFirst(target) : null;
  if (unknown !== null) return await connectAccepted(target, unknown, prompt);
  try {
    return await (known === null ? connect(target) : connectPinned(target, known));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "untrusted") throw error;
    const { certificate, fingerprint } = await fetchPresented(target, error);
    if (known !== null && known.fingerprint !== fingerprint) {
      throw keyChanged(target, prompt.command, { old: known.fingerprint, now: fingerprint });
    }
    // A key that cannot be pinned needs no question.
    if (await pinningProblem(certificate) !== null) throw error;
    // The key is known, and only the name of its authority has changed: the user has decided before.
    const decided = known === null ? prompt : { ...prompt, pin: fingerprint };
    const { why } = error.parts;
    const note = OTHER_NAME.test(why) ? why : null;
    return await connectAccepted(target, certificate, { ...decided, note });
  }
}

/** What net/tls.ts says of a certificate whose authority is trusted, but not for this name. */
const OTHER_NAME = /^its certificate is for (another name|no name)/;

/**
 * Asks about the key of a server, stores it when it is accepted, and returns its fingerprint. Throws
 * a `Failure` of kind `untrusted` when it is not.
 */
export async function trust(target: ConnectOptions, prompt: TrustPrompt): Promise<string> {
  const certificate = await fetchPinnable(target);
  await accept(target, certificate, prompt);
  await keep(target, certificate);
  return fingerprintOf(certificate);
}

/**
 * How to connect to the server whose key has the fingerprint `pin`, and to no other, again and again.
 * Nothing is stored. Throws a `Failure` of kind `untrusted` for another key.
 */
export async function pinnedTo(
  target: ConnectOptions,
  pin: string,
): Promise<(target: ConnectOptions) => Promise<NegotiatedConn>> {
  const certificate = await fetchPinnable(target);
  const fingerprint = fingerprintOf(certificate);
  if (pin !== fingerprint) throw pinMismatch(target, { expected: pin, actual: fingerprint });
  const anchor = anchorFor(certificate);
  return (target) => connectPinned(target, { fingerprint, anchor });
}

async function connectAccepted(
  target: ConnectOptions,
  certificate: Uint8Array,
  prompt: TrustPrompt,
): Promise<NegotiatedConn> {
  await accept(target, certificate, prompt);
  const fingerprint = fingerprintOf(certificate);
  let connected: NegotiatedConn;
  try {
    connected = await connectPinned(target, { fingerprint, anchor: anchorFor(certificate) });
  } catch (error) {
    // The certificate was signed with its own key a moment ago, so this is another one.
    const { cause } = error as Failure;
    const isOther = cause instanceof TlsError && cause.problem === "unknown-authority";
    throw isOther ? otherHost(target, fingerprint) : error;
  }
  // Stored only now, after the server has proven that it has the key.
  const kept = keep(target, certificate).catch((error: Failure) =>
    prompt.screen.printDiagnostic(`echo: ${safeText(error.message)}; the server stays unknown`)
  );
  try {
    await untilInterrupted(kept, target.signal); // another process may hold the lock
    return connected;
  } catch (error) {
    connected.conn.close();
    throw error;
  }
}

async function keep(target: ConnectOptions, certificate: Uint8Array): Promise<void> {
  const file = knownHostsFile();
  if (file === null) throw noKnownHosts(target);
  await keepHost(file, formatHostPort(target), certificate);
}

/** Connects only to a server with a known key, at whatever name or address. */
async function connectPinned(
  target: ConnectOptions,
  { anchor, fingerprint }: KnownHost,
): Promise<NegotiatedConn> {
  const connected = await connect({
    ...target,
    authorities: [anchor],
    serverName: PINNED_NAME,
    acceptsAnyName: true,
  });
  // Deno trusts other authorities too, as DENO_CERT and DENO_TLS_CA_STORE say. The key decides.
  const certificate = connected.certificate();
  const actual = certificate && fingerprintOf(certificate);
  if (actual === fingerprint) return connected;
  connected.conn.close();
  throw actual === null
    ? unverifiable(target)
    : pinMismatch(target, { expected: fingerprint, actual });
}

/**
 * The certificate of an unknown server on another computer if only its key can be trusted. A look
 * alone spares the server a handshake that this client would reject: 002's server would show it.
 */
async function lookFirst(target: ConnectOptions): Promise<Uint8Array | null> {
  if (isLoopback(target.hostname)) return null; // most likely of this checkout
  try {
    const certificate = await fetchServerCertificate({ ...target, serverName: PINNED_NAME });
    const fingerprint = fingerprintOf(certificate);
    const isOurs = target.authorities.some((one) => fingerprintOf(derOf(one)) === fingerprint);
    return isOurs || await pinningProblem(certificate) !== null ? null : certificate;
  } catch {
    return null; // the connection itself tells what is wrong
  }
}

/** The certificate of a server that `connect` rejected; without one, `problem` is still the reason. */
async function fetchPresented(
  target: ConnectOptions,
  problem: Failure,
): Promise<{ certificate: Uint8Array; fingerprint: string }> {
  try {
    const certificate = await fetchServerCertificate({ ...target, serverName: PINNED_NAME });
    return { certificate, fingerprint: fingerprintOf(certificate) };
  } catch (error) {
    throw target.signal.aborted ? error : problem;
  }
}

/** The certificate of a server, DER, if its key can be pinned. */
async function fetchPinnable(target: ConnectOptions): Promise<Uint8Array> {
  const certificate = await fetchServerCertificate({ ...target, serverName: PINNED_NAME });
  const problem = await pinningProblem(certificate);
  if (problem === null) return certificate;
  throw unpinnable(target, problem);
}

/** Settles when the key of `certificate` is accepted. */
async function accept(
  target: ConnectOptions,
  certificate: Uint8Array,
  { pin, command, stdin, screen, note = null }: TrustPrompt,
): Promise<void> {
  const fingerprint = fingerprintOf(certificate);
  if (pin !== null) {
    if (pin !== fingerprint) throw pinMismatch(target, { expected: pin, actual: fingerprint });
    return;
  }
  if (!stdinIsTerminal()) throw unknownHost(target, command, { fingerprint, note });
  const remark = note === null ? "" : ` (${safeText(note)})`;
  await screen.printDiagnostic(
    `The server at ${hostPort(target)} is not known${remark}. The fingerprint of its key is\n` +
      `${fingerprint}\n` +
      `The server prints it when it starts; so does "${callOf("cert")} show" on the server.`,
  );
  for (;;) {
    screen.writeDiagnostic("Are you sure you want to continue connecting (yes/no/[fingerprint])? ");
    const answer = await interruptibleAnswer(stdin, screen, target.signal);
    if (answer === "yes" || answer === fingerprint) return;
    if (answer === null || answer === "no") throw rejectedByUser(target);
    if (answer.startsWith("SHA256:")) {
      throw pinMismatch(target, { expected: answer, actual: fingerprint });
    }
  }
}

/** The answer, or null at the end of the input. Throws when `signal` is aborted. */
async function interruptibleAnswer(
  stdin: ByteReader,
  screen: Screen,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const answer = await untilInterrupted(readAnswer(stdin), signal);
    if (answer !== null) return answer;
  } catch (error) {
    if (signal.aborted) screen.writeDiagnostic("\n");
    throw error;
  }
  screen.writeDiagnostic("\n"); // after Ctrl-C and Ctrl-D the line has no end
  return null;
}

/** As `work`, which goes on when `signal` is aborted; then it throws. */
async function untilInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = Promise.withResolvers<never>();
  const abort = () => interrupted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, interrupted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
