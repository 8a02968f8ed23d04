/**
 * What to type on another computer, printed at the start of a server.
 *
 * @module
 */
import type { CertificateManager } from "../certs/certificate_manager.ts";
import { pinningProblem } from "../certs/fingerprint.ts";
import { derOf } from "../certs/pem.ts";
import type { Screen } from "../console/screen.ts";
import type { Listener } from "../net/listen.ts";
import { isLoopback } from "../text/ip.ts";
import { callOf } from "./calling.ts";
import { styleNameOf } from "./common_options.ts";
import { fingerprintIn } from "./server_certificate.ts";
import type { ServerValues } from "./server_options.ts";

/** What the hint for other computers depends on. */
export interface HintOptions {
  /** Where the server listens. */
  listener: Listener;
  /** Its certificate, or null without TLS. */
  certificates: CertificateManager | null;
  /** The options of the command. */
  options: ServerValues;
  /** The place of the hint. */
  screen: Screen;
}

/**
 * Prints what to type on another computer, if one can reach the server and a person can read it: it
 * is no part of the transcripts of the assignments.
 */
export async function printConnectHint(
  { listener: { advertisedAddress, port }, certificates, options, screen }: HintOptions,
): Promise<void> {
  const isOfUse = certificates !== null && !isLoopback(advertisedAddress);
  if (!isOfUse || !screen.hasTerminalForDiagnostics) return;
  if (styleNameOf(options) === "json") return;
  const { current } = certificates;
  const key = fingerprintIn(current);
  const isPinnable = options.cert === null || await pinningProblem(derOf(current.cert)) === null;
  const dialect = options.dialect === "auto" ? "" : ` --dialect ${options.dialect}`;
  await screen.flush(); // below the lines of the assignments
  screen.printDiagnostic(
    isPinnable
      ? `on another computer: ${
        callOf("client")
      } ${advertisedAddress} ${port} --pin ${key}${dialect}`
      : `on another computer: address ${advertisedAddress}, port ${port}, key ${key}`,
  );
}
