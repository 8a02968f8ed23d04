/**
 * Errors of TLS. Deno passes rustls' English text on, without a code. Only this file reads it.
 *
 * @module
 */

/**
 * What a failed handshake means for the side that connects or accepts.
 *
 * - `untrusted`: the other side's certificate is not good
 * - `unknown-authority`: the other side's certificate is signed by an authority that is not trusted
 * - `refused`: the other side rejected this side's certificate
 * - `alpn-refused`: the other side takes none of the ALPN protocols that were offered
 * - `alpn-not-offered`: the other side chose an ALPN protocol that was not offered
 * - `protocol`: no common version, no common cipher, or no TLS at all
 * - `gone`: the other side closed the connection
 */
export type TlsProblem =
  | "untrusted"
  | "unknown-authority"
  | "refused"
  | "alpn-refused"
  | "alpn-not-offered"
  | "protocol"
  | "gone";

/** A failed handshake, in plain words. */
export class TlsError extends Error {
  /** The problem, the message and the hint for people. */
  constructor(
    readonly problem: TlsProblem,
    message: string,
    readonly hint: string | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** The cure for a certificate that no client accepts. */
const ANEW = "create a new certificate for the server (docs/trust.md has a command)";

const AUTHORITY_FAULT = "its authority has rules that the chain breaks";
const OTHER_CHAIN =
  "give the server a certificate that its authority may sign, with the whole chain";

/** rustls' text, the problem, the message, and a hint for the connecting side. */
const TABLE: [RegExp, TlsProblem, string, string?][] = [
  // An alert is the other side's verdict. It comes first: its names occur in rows below.
  [/alert: UnknownCA/, "refused", "the client does not trust the server's certificate"],
  [/alert: (Bad|Unsupported)Certificate/, "refused", "the client did not accept the certificate"],
  [/alert: CertificateExpired/, "refused", "the client says that the certificate has expired"],
  [/alert: CertificateUnknown/, "refused", "the client did not accept the certificate"],
  [
    /UnknownIssuer/,
    "unknown-authority",
    "its certificate is not signed by an authority known here",
    "pass the authority with --ca FILE; an echo server that made its own keeps it in ca.pem, and any " +
    "other has to send its intermediate certificates",
  ],
  [
    /BadSignature/,
    "untrusted",
    "its certificate's signature is wrong, or its key is too short",
    `${ANEW}, with a key on the curve P-256; if it has one, another host may be in between`,
  ],
  [
    /not valid for any names/,
    "untrusted",
    "its certificate is for no name at all",
    `${ANEW}, with a subjectAltName that has the server's names`,
  ],
  [
    /NotValidForName|not valid for name ".*?"(?:; certificate is only valid for (?<names>.*))?/,
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
    "renew it; an echo server renews its own when it starts",
  ],
  [/Revoked/, "untrusted", "its certificate has been revoked", ANEW],
  [
    /CaUsedAsEndEntity/,
    "untrusted",
    "its certificate is that of an authority",
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
  [/NameConstraintViolation/, "untrusted", `${AUTHORITY_FAULT}: its name`, OTHER_CHAIN],
  [/PathLenConstraintViolated/, "untrusted", `${AUTHORITY_FAULT}: its length`, OTHER_CHAIN],
  [
    /MaximumPathDepthExceeded|MaximumSignatureChecks|MaximumPathBuild/,
    "untrusted",
    "its chain of certificates is too long",
    "let the server send its own certificate and those between it and the authority, and no others",
  ],
  [
    /EndEntityUsedAsCa/,
    "untrusted",
    "its certificate is signed by one that is not an authority",
    "let an authority sign it (CA:TRUE)",
  ],
  [/BadEncoding|BadDer/, "untrusted", "its certificate is damaged", ANEW],
  [
    /invalid peer certificate: (?:Other\(OtherError\()?(?<names>[^)]*)/,
    "untrusted",
    "its certificate is not valid",
    ANEW,
  ],
  [
    /alert: HandshakeFailure/,
    "protocol",
    "it found no cipher and certificate that both sides take",
    "give the server a certificate with a key on the curve P-256, and let it want none of the client",
  ],
  [/NoApplicationProtocol/, "alpn-refused", "it speaks another protocol over TLS"],
  [/UnofferedApplicationProtocol/, "alpn-not-offered", "it chose a protocol that was not offered"],
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

/** Any error of a handshake in plain words; an unknown text stays as it is. */
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
    const names = found.groups?.names?.replace(/(?:DnsName|IpAddress)\((.*?)\)/g, "$1");
    return new TlsError(problem, names ? `${message}: ${names}` : message, hint, error);
  }
  return new TlsError("protocol", text, undefined, error);
}
