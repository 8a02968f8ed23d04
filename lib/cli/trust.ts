/**
 * Trust on first use: which servers are known, and what is asked about one that is not.
 *
 * @module
 */
import { anchorFor, fingerprintOf, PINNED_NAME, pinningProblem } from "../certs/fingerprint.ts";
import { findHost, keepHost } from "../certs/known_hosts.ts";
import { stdinIsTerminal } from "../console/keyboard.ts";
import type { Screen } from "../console/screen.ts";
import { Failure } from "../failure.ts";
import { connect, type ConnectOptions, type NegotiatedConn } from "../net/connect.ts";
import { fetchServerCertificate } from "../net/fetch_certificate.ts";
import { formatHostPort } from "../text/host_port.ts";
import { safeText } from "../text/escape.ts";
import { recvLine } from "../wire/line.ts";
import type { ByteReader } from "../wire/reader.ts";
import { knownHostsFile } from "./paths.ts";

/** No answer is longer, in bytes. */
const MAX_LINE_BYTES = 1024;

/** Who is asked about a server that is not known, and what was said ahead. */
export interface TrustPrompt {
  /** `--pin`: the fingerprint to accept, or null. */
  pin: string | null;
  /** The command that takes `--pin` and goes on: `echo client`. */
  command: string;
  /** Where the answer comes from. */
  stdin: ByteReader;
  /** Where the question appears. */
  screen: Screen;
}

/**
 * Connects to a server that is known by its key, or else whose certificate is signed by one of
 * `wanted.authorities` or of the system's, or else that is accepted now, and known from then on.
 * Throws a `Failure` as `connect` does, of kind `untrusted` also when the key has changed.
 */
export async function connectTrusting(
  wanted: ConnectOptions,
  asked: TrustPrompt,
): Promise<NegotiatedConn> {
  if (asked.pin === null) {
    const known = await findHost(knownHostsFile(), formatHostPort(wanted));
    try {
      if (known === null) return await connect(wanted);
      return await connectPinned(wanted, known.anchor);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "untrusted") throw error;
      const { certificate, fingerprint } = await fetchPresented(wanted, error);
      if (known !== null && known.fingerprint !== fingerprint) {
        throw keyChanged(wanted, known.fingerprint, fingerprint, asked);
      }
      // What a person could say would not help.
      if (await pinningProblem(certificate) !== null) throw error;
      // The same key, and another name of who signed: that was the question before.
      if (known !== null) {
        return await connectAccepted(wanted, certificate, { ...asked, pin: fingerprint });
      }
      return await connectAccepted(wanted, certificate, asked);
    }
  }
  return await connectAccepted(wanted, await fetchPinnable(wanted), asked);
}

/**
 * Asks about the key of a server, and keeps it when it is accepted; returns its fingerprint. Throws
 * a `Failure` of kind `untrusted` when it is not.
 */
export async function trust(wanted: ConnectOptions, asked: TrustPrompt): Promise<string> {
  const certificate = await fetchPinnable(wanted);
  await accept(wanted, certificate, asked);
  await keepHost(knownHostsFile(), formatHostPort(wanted), certificate);
  return fingerprintOf(certificate);
}

async function connectAccepted(
  wanted: ConnectOptions,
  certificate: Uint8Array,
  asked: TrustPrompt,
): Promise<NegotiatedConn> {
  await accept(wanted, certificate, asked);
  const connected = await connectPinned(wanted, anchorFor(certificate));
  // Only now it has proven that the key is its own.
  await keepHost(knownHostsFile(), formatHostPort(wanted), certificate).catch((error: Failure) =>
    asked.screen.printDiagnostic(`echo: ${safeText(error.message)}; the server stays unknown`)
  );
  return connected;
}

/** Only a server with the key of `anchor` passes, by whatever name or address it was reached. */
function connectPinned(wanted: ConnectOptions, anchor: string): Promise<NegotiatedConn> {
  return connect({ ...wanted, authorities: [anchor], serverName: PINNED_NAME });
}

/** What a server shows; where it shows nothing of use, `problem` still says what is wrong with it. */
async function fetchPresented(
  wanted: ConnectOptions,
  problem: Failure,
): Promise<{ certificate: Uint8Array; fingerprint: string }> {
  try {
    const certificate = await fetchServerCertificate({ ...wanted, serverName: PINNED_NAME });
    return { certificate, fingerprint: fingerprintOf(certificate) };
  } catch (error) {
    throw wanted.signal.aborted ? error : problem;
  }
}

/** The certificate that a server shows, DER, if its key can be verified at all. */
async function fetchPinnable(wanted: ConnectOptions): Promise<Uint8Array> {
  const certificate = await fetchServerCertificate({ ...wanted, serverName: PINNED_NAME });
  const obstacle = await pinningProblem(certificate);
  if (obstacle === null) return certificate;
  const [why, hint] = obstacle;
  throw new Failure("untrusted", {
    what: `cannot trust ${hostPort(wanted)} by its key`,
    why: `its certificate does not allow it: ${why}`,
    hint,
  });
}

/** Settles when the key of `certificate` is accepted. */
async function accept(
  wanted: ConnectOptions,
  certificate: Uint8Array,
  asked: TrustPrompt,
): Promise<void> {
  const fingerprint = fingerprintOf(certificate);
  if (asked.pin !== null) {
    if (asked.pin !== fingerprint) throw pinMismatch(wanted, asked.pin, fingerprint);
    return;
  }
  if (!stdinIsTerminal()) throw unknownHost(wanted, fingerprint, asked);
  await asked.screen.printDiagnostic(
    `The server at ${hostPort(wanted)} is not known here. The fingerprint of its key is\n` +
      `${fingerprint}\n` +
      "The server prints it when it starts; echo cert show, typed there, prints it too.",
  );
  for (;;) {
    asked.screen.writeDiagnostic("Is it the same? (yes, no, or paste the one of the server): ");
    const answer = await answerOf(asked, wanted.signal);
    if (answer === "yes" || answer === fingerprint) return;
    if (answer === null || answer === "no") throw rejectedByUser(wanted);
    if (answer.startsWith("SHA256:")) throw pinMismatch(wanted, answer, fingerprint);
  }
}

/** What is typed, or null at the end of the input. */
async function answerOf(
  { stdin, screen }: TrustPrompt,
  signal: AbortSignal,
): Promise<string | null> {
  const interrupted = Promise.withResolvers<null>();
  const abort = () => interrupted.resolve(null);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const line = await Promise.race([recvLine(stdin, MAX_LINE_BYTES), interrupted.promise]);
  signal.removeEventListener("abort", abort);
  if (line !== null) return new TextDecoder().decode(line).trim();
  screen.writeDiagnostic("\n"); // Ctrl-C and Ctrl-D leave the line unfinished
  signal.throwIfAborted();
  return null;
}

function hostPort({ hostname, port }: ConnectOptions): string {
  return `${hostname} port ${port}`;
}

function pinCommand(
  { hostname, port }: ConnectOptions,
  fingerprint: string,
  { command }: TrustPrompt,
): string {
  return `${command} ${hostname} ${port} --pin ${fingerprint}`;
}

function unknownHost(wanted: ConnectOptions, fingerprint: string, asked: TrustPrompt): Failure {
  return new Failure("untrusted", {
    what: `cannot connect to ${hostPort(wanted)}`,
    why: "it is not known here, and nobody is at a terminal to be asked",
    hint: `if this is the fingerprint that the server prints: ${
      pinCommand(wanted, fingerprint, asked)
    }`,
  });
}

function keyChanged(wanted: ConnectOptions, old: string, now: string, asked: TrustPrompt): Failure {
  return new Failure("untrusted", {
    what: `cannot connect to ${hostPort(wanted)}`,
    why: `ITS KEY HAS CHANGED, or somebody is in between: it was ${old} and is ${now}`,
    hint: `only if that is the fingerprint that the server prints: ${
      pinCommand(wanted, now, asked)
    }`,
  });
}

function pinMismatch(wanted: ConnectOptions, given: string, fingerprint: string): Failure {
  return new Failure("untrusted", {
    what: `cannot connect to ${hostPort(wanted)}`,
    why: `its key is another one, or somebody is in between: ${fingerprint} and not ${given}`,
    hint: "compare with what echo cert show prints at the server",
  });
}

function rejectedByUser(wanted: ConnectOptions): Failure {
  return new Failure("untrusted", {
    what: `cannot connect to ${hostPort(wanted)}`,
    why: "you do not trust it",
    hint: "compare with what echo cert show prints at the server, and try again",
  });
}
