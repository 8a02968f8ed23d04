/**
 * Another certificate while the server runs: on SIGHUP the files are read again.
 *
 * @module
 */
import { fingerprintOf } from "../certs/fingerprint.ts";
import { derOf } from "../certs/pem.ts";
import type { Screen } from "../console/screen.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { Credentials } from "../net/listen.ts";
import type { Sink } from "../server/events.ts";
import { safeText } from "../text/escape.ts";

/** Where certificates come from and go to. */
export interface RenewalOptions {
  /** Reads and judges what is there now. Throws a `Failure` that says what is wrong with it. */
  read: () => Promise<Credentials>;
  /** Shows it to new clients from now on. */
  use: (tls: Credentials) => Promise<void>;
  /** Takes what came of it. */
  emit: Sink["emit"];
  /** Is told of a problem. */
  screen: Screen;
}

/** Returns what reads the certificate again; it is used if it is another one than the last, and good. */
export function renewal(
  first: Credentials,
  { read, use, emit, screen }: RenewalOptions,
): () => Promise<void> {
  let current = first;
  const renew = async () => {
    try {
      const next = await read();
      if (next.cert === current.cert && next.key === current.key) return;
      await use(next);
      current = next;
      const fingerprint = fingerprintOf(derOf(next.cert));
      await emit({ type: "certificate-renewed", time: Date.now(), fingerprint });
    } catch (error) {
      const problem = error instanceof Failure ? error.message : reasonOf(error);
      screen.printDiagnostic(`echo: ${safeText(problem)}; the old certificate stays in use`);
      await emit({ type: "certificate-rejected", time: Date.now(), problem });
    }
  };
  let last = Promise.resolve();
  return () => last = last.then(renew);
}
