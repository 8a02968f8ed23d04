/**
 * How the suite `tls` of `echo check` reaches its server.
 *
 * @module
 */
import { namesIn } from "../certs/der.ts";
import { anchorFor, fingerprintOf } from "../certs/fingerprint.ts";
import { TlsServer } from "../check/tls/tls_server.ts";
import type { Endpoint } from "../net/address.ts";
import { clientHello } from "../net/client_hello.ts";
import { connect, type ConnectOptions, connectPlain } from "../net/connect.ts";
import { fetchServerCertificate } from "../net/fetch_certificate.ts";
import { resumesSession } from "../net/unverified.ts";
import { authoritiesOf } from "./authorities.ts";
import { pinnedTo } from "./trust.ts";

/** How long a connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The server at an endpoint. Throws a `Failure` for a bad `--ca`. */
export async function openTlsServer(
  { hostname, port }: Endpoint,
  { ca, pin }: { ca: string | null; pin: string | null },
): Promise<TlsServer> {
  const target: ConnectOptions = {
    hostname,
    port,
    authorities: await authoritiesOf(ca),
    protocols: [],
    acceptsAnyName: true, // the name is a case of its own
    timeout: CONNECT_TIMEOUT_MS,
    signal: new AbortController().signal,
  };
  const connectAnyhow = async (protocols: string[]) => {
    const anchor = anchorFor(await fetchServerCertificate(target));
    return await connect({ ...target, protocols, authorities: [...target.authorities, anchor] });
  };
  const connectPinned = async (pin: string) => await (await pinnedTo(target, pin))(target);
  return new TlsServer({
    hostname,
    pin,
    clientHello: (versions) => clientHello({ versions, serverName: hostname, protocols: [] }),
    connectPlain: () => connectPlain(target),
    connectTrusting: () => pin === null ? connect(target) : connectPinned(pin),
    connectAnyhow,
    fetchCertificate: async () => {
      const der = await fetchServerCertificate(target);
      return { der, fingerprint: fingerprintOf(der), names: namesIn(der) };
    },
    resumesSession: () => resumesSession(target),
  });
}
