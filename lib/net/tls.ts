/**
 * What can go wrong with TLS. Deno gives rustls' English text and no code: this is the one place
 * that reads it.
 *
 * @module
 */

/**
 * What a failed handshake means for who connects or accepts.
 *
 * - `untrusted`: the other side's certificate is not good
 * - `refused`: the other side did not like ours
 * - `protocol`: no common dialect, no common version, or no TLS at all
 * - `gone`: the other side left
 */
export type TlsProblem = "untrusted" | "refused" | "protocol" | "gone";

/** A handshake that failed, in our words. */
export class TlsError extends Error {
  /** What it means, what went wrong, and what could be tried. */
  constructor(
    readonly problem: TlsProblem,
    message: string,
    readonly hint: string | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** What to give a server whose certificate no client can take. */
const ANEW = "make the server a certificate anew";

/** rustls' text, what it means, our words, and what the connecting side can try. */
const TABLE: [RegExp, TlsProblem, string, string?][] = [
  [
    /UnknownIssuer/,
    "untrusted",
    "its certificate is not signed by an authority known here",
    "pass the authority with --ca FILE; a server with a certificate of its own making keeps it in " +
    "ca.pem, and any other has to send the authorities in between",
  ],
  [
    /BadSignature/,
    "untrusted",
    "its certificate's signature is wrong, or its key is too short",
    `${ANEW}, with a key on the curve P-256; if it has one, somebody is in between`,
  ],
  [
    /not valid for any names/,
    "untrusted",
    "its certificate is for no name at all",
    `${ANEW}, with a subjectAltName that has the server's names`,
  ],
  [
    /NotValidForName|not valid for name ".*?"(?:; certificate is only valid for (?<said>.*))?/,
    "untrusted",
    "its certificate is for another name",
    "connect by a name that it has, or say with --server-name which to expect",
  ],
  [
    /NotValidYet|not valid yet/,
    "untrusted",
    "its certificate is not valid yet",
    "check the clocks",
  ],
  [
    /Expired|certificate expired/,
    "untrusted",
    "its certificate has expired",
    "renew it; a server with one of its own making does so when it starts",
  ],
  [/Revoked/, "untrusted", "its certificate has been revoked", ANEW],
  [
    /CaUsedAsEndEntity/,
    "untrusted",
    "its certificate is one of an authority",
    "give the server a certificate of its own, signed by that authority",
  ],
  [
    /InvalidPurpose|extended key usage/,
    "untrusted",
    "its certificate is not for servers",
    `${ANEW}, with the extendedKeyUsage serverAuth, or none`,
  ],
  [
    /UnsupportedSignatureAlgorithm/,
    "untrusted",
    "its certificate is signed in a way that is not safe, or not known here",
    `${ANEW}, signed with SHA-256`,
  ],
  [
    /CriticalExtension/,
    "untrusted",
    "its certificate has a critical extension that is not known here",
    `${ANEW}, without it`,
  ],
  [/BadEncoding|BadDer/, "untrusted", "its certificate is damaged", ANEW],
  [/invalid peer certificate: (?<said>.*)/, "untrusted", "its certificate is not valid", ANEW],
  [/alert: UnknownCA/, "refused", "the client does not trust the server's certificate"],
  [/alert: (Bad|Unsupported)Certificate/, "refused", "the client did not accept the certificate"],
  [/alert: CertificateExpired/, "refused", "the client says that the certificate has expired"],
  [/alert: CertificateUnknown/, "refused", "the client did not accept the certificate"],
  [
    /alert: HandshakeFailure/,
    "protocol",
    "it found no cipher and certificate that both sides take",
    "give the server a certificate with a key on the curve P-256, and let it want none of the client",
  ],
  [/NoApplicationProtocol/, "protocol", "it speaks another protocol over TLS"],
  [/doesn't support any known protocol/, "protocol", "the client offered another protocol"],
  [
    // The last one: an echo without TLS sends our own ClientHello back.
    /InvalidContentType|InvalidMessage|corrupt message|got ClientHello/,
    "protocol",
    "it does not speak TLS",
    "if it should not, connect with --plain",
  ],
  [
    /ProtocolVersion|SupportedVersions|Tls1[23]Not|SignatureAlgorithmsExtensionRequired/,
    "protocol",
    "no TLS version in common: 1.2 or 1.3 is needed",
  ],
];

/** Any failure of a handshake in our words; unknown text falls through as it is. */
export function tlsFailure(error: unknown): TlsError {
  if (
    error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.BrokenPipe
  ) {
    return new TlsError("gone", "the connection was closed during the handshake", undefined, error);
  }
  const text = error instanceof Error ? error.message : String(error);
  for (const [pattern, problem, message, hint] of TABLE) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const said = found.groups?.said?.replace(/(?:DnsName|IpAddress)\((.*?)\)/g, "$1");
    return new TlsError(problem, said ? `${message}: ${said}` : message, hint, error);
  }
  return new TlsError("protocol", text, undefined, error);
}
