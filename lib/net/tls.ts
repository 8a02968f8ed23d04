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

/** rustls' text, what it means, our words, and what the connecting side can try. */
const TABLE: [RegExp, TlsProblem, string, string?][] = [
  [
    /UnknownIssuer/,
    "untrusted",
    "its certificate is not signed by an authority known here",
    "pass the authority with --ca FILE; a server with a certificate of its own making keeps it in ca.pem",
  ],
  [/BadSignature/, "untrusted", "its certificate's signature is wrong"],
  [/NotValidForName/, "untrusted", "its certificate is for another name"],
  [
    /not valid for name "(.*?)"(?:; certificate is only valid for (.*))?/,
    "untrusted",
    `its certificate is for another name`,
    "connect by a name that it has; echo client takes one with --server-name",
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
    "start the server anew",
  ],
  [/Revoked/, "untrusted", "its certificate has been revoked"],
  [
    /CaUsedAsEndEntity/,
    "untrusted",
    "its certificate is one of an authority",
    "give the server a certificate of its own, signed by that authority",
  ],
  [/invalid peer certificate/, "untrusted", "its certificate is not valid"],
  [/alert: UnknownCA/, "refused", "the client does not trust the server's certificate"],
  [/alert: (Bad|Unsupported)Certificate/, "refused", "the client did not accept the certificate"],
  [/alert: CertificateExpired/, "refused", "the client says that the certificate has expired"],
  [/alert: CertificateUnknown/, "refused", "the client did not accept the certificate"],
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
    const names = found[2]?.replace(/(?:DnsName|IpAddress)\((.*?)\)/g, "$1");
    return new TlsError(problem, names ? `${message}: ${names}` : message, hint, error);
  }
  return new TlsError("protocol", text, undefined, error);
}
