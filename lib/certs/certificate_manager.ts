/**
 * The one place for a certificate that can change while it is in use.
 *
 * @module
 */
import type { Identity } from "./pem.ts";

/** Puts a certificate into use. Rejects where it cannot; the old one is then still in use. */
export type UseCertificate = (identity: Identity) => Promise<void>;

/** Holds the current certificate, and passes each new one to all subscribers. */
export class CertificateManager {
  readonly #read: () => Promise<Identity>;
  readonly #subscribers = new Set<UseCertificate>();
  #current: Identity;
  #last: Promise<unknown> = Promise.resolve();

  /** `first` is in use already; `read` reads what is there at a later time. */
  constructor(first: Identity, read: () => Promise<Identity>) {
    this.#current = first;
    this.#read = read;
  }

  /** The certificate that is in use. */
  get current(): Identity {
    return this.#current;
  }

  /** Passes each new certificate to `use` from now on, until disposed of. */
  subscribe(use: UseCertificate): Disposable {
    this.#subscribers.add(use);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(use) };
  }

  /**
   * Reads the certificate again, after earlier reloads are done. Returns whether there is a new one.
   * When it cannot be read, or a subscriber rejects, this rejects alike, and the old one is in use
   * again with all subscribers.
   */
  reload(): Promise<boolean> {
    const reloaded = this.#last.then(() => this.#reload());
    this.#last = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(): Promise<boolean> {
    const next = await this.#read();
    const old = this.#current;
    if (next.cert === old.cert && next.key === old.key) return false;
    const taken: UseCertificate[] = [];
    try {
      for (const use of this.#subscribers) {
        await use(next);
        taken.push(use);
      }
    } catch (error) {
      for (const use of taken) await use(old);
      throw error;
    }
    this.#current = next;
    return true;
  }
}
