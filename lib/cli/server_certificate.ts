/**
 * The certificate of `echo server`: where it comes from, how it is reloaded, and when it ends.
 *
 * @module
 */
import { CertificateManager } from "../certs/certificate_manager.ts";
import { fingerprintOf } from "../certs/fingerprint.ts";
import { derOf, expiryOf, type Identity, readIdentity } from "../certs/pem.ts";
import { loadOrCreateIdentity } from "../certs/store.ts";
import type { Screen } from "../console/screen.ts";
import { Failure, reasonOf } from "../failure.ts";
import { localNames } from "../net/host.ts";
import type { Credentials } from "../net/listen.ts";
import type { Sink } from "../server/events.ts";
import { safeText } from "../text/escape.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { certsDirectory } from "./paths.ts";
import type { ServerValues } from "./server_options.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate that ends within so many days is reported. */
const WARNING_DAYS = 30;

/** Reads the certificate; null without TLS. Throws a `Failure` that says what is wrong with it. */
export async function openCertificate(options: ServerValues): Promise<CertificateManager | null> {
  const { plain, cert, key } = options;
  if (!plain) return new CertificateManager(await read(options), () => read(options));
  if (cert === null && key === null) return null;
  const why = "without TLS there is no certificate";
  throw new Failure("usage", { what: "cannot use --plain with --cert or --key", why });
}

async function read({ cert, key }: ServerValues): Promise<Identity> {
  if (cert !== null && key !== null) return await readIdentity(cert, key);
  if (cert === null && key === null) {
    return await loadOrCreateIdentity(certsDirectory(), localNames());
  }
  const [given, missing] = cert === null ? ["--key", "--cert"] : ["--cert", "--key"];
  const why = `${missing} is missing`;
  throw new Failure("usage", { what: `cannot use ${given} alone`, why, hint: "give both or none" });
}

/** A certificate with the ALPN protocols of the server: none where `--dialect` leaves no choice. */
export function credentialsOf(identity: Identity, { dialect }: ServerValues): Credentials {
  const offersFrames = dialect === "auto" || dialect === "frames";
  return { ...identity, protocols: offersFrames ? [PROTOCOL] : [] };
}

/** The fingerprint of a certificate's key. */
export function fingerprintIn(identity: Identity): string {
  return fingerprintOf(derOf(identity.cert));
}

/** Where reports go. */
export interface Reports {
  /** Takes the events. */
  sink: Sink;
  /** Shows what a person at the terminal should know. */
  screen: Screen;
}

/** Reloads the certificate and reports the result. Never rejects. */
export async function reloadCertificate(
  certificates: CertificateManager,
  { sink, screen }: Reports,
): Promise<void> {
  try {
    if (!await certificates.reload()) return;
    const fingerprint = fingerprintIn(certificates.current);
    await sink.emit({ type: "certificate-renewed", time: Date.now(), fingerprint });
  } catch (error) {
    const problem = error instanceof Failure ? error.message : reasonOf(error);
    screen.printDiagnostic(`echo: ${safeText(problem)}; the old certificate stays in use`);
    await sink.emit({ type: "certificate-rejected", time: Date.now(), problem });
  }
}

/** Reports now, and once a day until disposed of, that the certificate ends within 30 days. */
export function watchExpiry(certificates: CertificateManager, sink: Sink): Disposable {
  const check = () => {
    const now = Date.now();
    const expires = expiryOf(certificates.current.cert);
    if (expires.getTime() > now + WARNING_DAYS * DAY_MS) return;
    const fingerprint = fingerprintIn(certificates.current);
    const event = { time: now, fingerprint, expires: expires.toISOString() };
    void sink.emit({ type: "certificate-expires", ...event });
  };
  check();
  const timer = setInterval(check, DAY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
