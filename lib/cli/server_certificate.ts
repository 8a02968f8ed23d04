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
import { dnsName, localHostname, localNames } from "../net/host.ts";
import type { Credentials } from "../net/listen.ts";
import type { Sink } from "../server/events.ts";
import { safeText } from "../text/escape.ts";
import { frames } from "../wire/frames.ts";
import { websocket } from "../wire/websocket.ts";
import { certsDirectory } from "./paths.ts";
import type { ServerValues } from "./server_options.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The end of a certificate is reported so many days before it, and at each start after that. */
const WARNING_DAYS = [1, 7, 30];

/** Reads the certificate; null without TLS. Throws a `Failure` that says what is wrong with it. */
export async function openCertificate(
  options: ServerValues,
  screen: Screen,
): Promise<CertificateManager | null> {
  const { plain, cert, key } = options;
  const load = () => read(options, screen);
  if (!plain) return new CertificateManager(await load(), load);
  if (cert === null && key === null) return null;
  const why = "without TLS there is no certificate";
  throw new Failure("usage", { what: "cannot use --plain with --cert or --key", why });
}

async function read({ cert, key }: ServerValues, screen: Screen): Promise<Identity> {
  if (cert !== null && key !== null) return await readIdentity(cert, key);
  if (cert === null && key === null) {
    const warn = (problem: string) => screen.printDiagnostic(`echo: ${safeText(problem)}`);
    const name = localHostname();
    if (dnsName(name) === null) {
      warn(`the certificate does not have this machine's name "${name}": it is no name of a host`);
    }
    return await loadOrCreateIdentity(certsDirectory(), localNames(), new Date(), warn);
  }
  const [given, missing] = cert === null ? ["--key", "--cert"] : ["--cert", "--key"];
  const why = `${missing} is missing`;
  throw new Failure("usage", { what: `cannot use ${given} alone`, why, hint: "give both or none" });
}

/**
 * A certificate with the ALPN protocols of the server, the preferred one first: none where
 * `--dialect` leaves no choice.
 */
export function credentialsOf(
  identity: Identity,
  { dialect, noWeb }: Pick<ServerValues, "dialect" | "noWeb">,
): Credentials {
  const offered = [frames, websocket].filter(({ name }) => dialect === "auto" || dialect === name);
  const protocols = offered.filter((it) => it === frames || !noWeb).map(({ alpn }) => alpn);
  return { ...identity, protocols };
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

/**
 * Reads the certificate again once a day until disposed of: one that echo makes itself is renewed in
 * time, and one that was replaced is taken. Reports, now and later, that it ends within 30 days, 7
 * days and a day.
 */
export function watchExpiry(
  certificates: CertificateManager,
  reports: Reports,
  interval: number = DAY_MS,
): Disposable {
  let reported = Infinity;
  const report = () => {
    const now = Date.now();
    const expires = expiryOf(certificates.current.cert);
    const days = WARNING_DAYS.find((days) => expires.getTime() <= now + days * DAY_MS) ?? Infinity;
    if (days < reported) {
      const fingerprint = fingerprintIn(certificates.current);
      const event = { time: now, fingerprint, expires: expires.toISOString() };
      void reports.sink.emit({ type: "certificate-expires", ...event });
    }
    reported = days;
  };
  report();
  const timer = setInterval(() => {
    void reloadCertificate(certificates, reports).then(report);
  }, interval);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
