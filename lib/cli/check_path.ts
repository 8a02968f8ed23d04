/**
 * The way to a server for the suite `path` of `echo check`.
 *
 * @module
 */
import { fingerprintOf, PINNED_NAME } from "../certs/fingerprint.ts";
import { Path, type PathTls } from "../check/path/path.ts";
import { type CheckDialect, Server } from "../check/server.ts";
import { Failure } from "../failure.ts";
import type { Endpoint } from "../net/address.ts";
import { connect, type ConnectOptions, connectPlain, type NegotiatedConn } from "../net/connect.ts";
import { fetchServerCertificate } from "../net/fetch_certificate.ts";
import { TlsError } from "../net/tls.ts";
import { PROTOCOL } from "../wire/dialect.ts";
import { authoritiesOf } from "./authorities.ts";
import { pinnedTo } from "./trust.ts";

/** How the server is reached, as the options say. */
export interface PathOptions {
  /** `--plain`. */
  plain: boolean;
  /** `--ca`. */
  ca: string | null;
  /** `--pin`. */
  pin: string | null;
  /** `--dialect`. */
  dialect: CheckDialect;
}

type Dial = (target: ConnectOptions) => Promise<NegotiatedConn>;

/**
 * The way to the server at `endpoint`; a connection may take `timeout` milliseconds. Throws a
 * `Failure` where the key of the other end is to be compared, and cannot be had.
 */
export async function openPath(
  { hostname, port }: Endpoint,
  { plain, ca, pin, dialect }: PathOptions,
  timeout: number,
): Promise<Path> {
  const target = { hostname, port, timeout, signal: new AbortController().signal };
  if (plain) return new Path(new Server(() => connectPlain(target), dialect), null);
  const authorities = await authoritiesOf(ca);
  const protocols = dialect === "frames" ? [PROTOCOL] : [];
  const secure = { ...target, authorities, protocols };
  const key = pin === null ? null : await presentedKey(secure);
  const dial = pin === null || key === null ? connect : await dialerTo(secure, { pin, key });
  const tls: PathTls = { pin, key, agree: () => agreedProtocol(dial, secure) };
  return new Path(new Server(async () => (await dial(secure)).conn, dialect), tls);
}

async function presentedKey(target: ConnectOptions): Promise<string> {
  const certificate = await fetchServerCertificate({ ...target, serverName: PINNED_NAME });
  return fingerprintOf(certificate);
}

/**
 * Connects to the key that is there, be it the pinned one or not: a wrong key is the mistake of one
 * case, and the others judge what has that key. They send nothing that is secret.
 */
async function dialerTo(
  target: ConnectOptions,
  { pin, key }: { pin: string; key: string },
): Promise<Dial> {
  try {
    return await pinnedTo(target, key);
  } catch (error) {
    if (key === pin || !(error instanceof Failure) || error.kind !== "untrusted") throw error;
    return connect; // signed by an authority, as those of load balancers are
  }
}

/** The protocol that is agreed on when `echo/1` is offered; null for none. */
async function agreedProtocol(dial: Dial, target: ConnectOptions): Promise<string | null> {
  try {
    const { conn, protocol } = await dial({ ...target, protocols: [PROTOCOL] });
    conn.close();
    return protocol;
  } catch (error) {
    const { cause } = error as Failure;
    if (cause instanceof TlsError && cause.problem === "protocol") return null;
    throw error;
  }
}
