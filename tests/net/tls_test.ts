import { tlsFailure, type TlsProblem } from "../../lib/net/tls.ts";
import { assertEquals } from "../support/assert.ts";

const PURE = { permissions: "none" } as const;

/** Texts of rustls as Deno passes them on, and how the message begins. */
const TEXTS: [text: string, problem: TlsProblem, message: string][] = [
  [
    "invalid peer certificate: UnknownIssuer",
    "unknown-authority",
    "its certificate is not signed by an",
  ],
  ["invalid peer certificate: BadSignature", "untrusted", "its certificate's signature is wrong"],
  ["certificate not valid for any names", "untrusted", "its certificate is for no name at all"],
  ["invalid peer certificate: NotValidForName", "untrusted", "its certificate is for another name"],
  [
    'certificate not valid for name "a"; certificate is only valid for DnsName("b") or IpAddress(::1)',
    "untrusted",
    'its certificate is for another name: "b" or ::1',
  ],
  ["invalid peer certificate: NotValidYet", "untrusted", "its certificate is not valid yet"],
  ["invalid peer certificate: Expired", "untrusted", "its certificate has expired"],
  ["invalid peer certificate: Revoked", "untrusted", "its certificate has been revoked"],
  ["Other(OtherError(CaUsedAsEndEntity))", "untrusted", "its certificate is that of an authority"],
  ["invalid peer certificate: InvalidPurpose", "untrusted", "its certificate is not for servers"],
  ["UnsupportedSignatureAlgorithm", "untrusted", "its certificate is signed in a way that"],
  ["UnsupportedCriticalExtension", "untrusted", "its certificate has a critical extension"],
  ["invalid peer certificate: BadEncoding", "untrusted", "its certificate is damaged"],
  ["Other(OtherError(NameConstraintViolation))", "untrusted", "its authority has rules that"],
  ["Other(OtherError(PathLenConstraintViolated))", "untrusted", "its authority has rules that"],
  ["Other(OtherError(MaximumPathDepthExceeded))", "untrusted", "its chain of certificates is too"],
  ["Other(OtherError(EndEntityUsedAsCa))", "untrusted", "its certificate is signed by one that"],
  [
    "invalid peer certificate: Other(OtherError(OddAndNew))",
    "untrusted",
    "its certificate is not valid: OddAndNew",
  ],
  ["invalid peer certificate: Odd", "untrusted", "its certificate is not valid: Odd"],
  ["received fatal alert: UnknownCA", "refused", "the client does not trust the server's"],
  ["received fatal alert: BadCertificate", "refused", "the client did not accept the"],
  ["received fatal alert: CertificateExpired", "refused", "the client says that the certificate"],
  ["received fatal alert: CertificateUnknown", "refused", "the client did not accept the"],
  ["received fatal alert: HandshakeFailure", "protocol", "it found no cipher and certificate"],
  [
    "received fatal alert: NoApplicationProtocol",
    "alpn-refused",
    "it speaks another protocol over TLS",
  ],
  [
    "peer misbehaved: SelectedUnofferedApplicationProtocol",
    "alpn-not-offered",
    "it chose a protocol that was not offered",
  ],
  ["peer doesn't support any known protocol", "protocol", "the client offered another protocol"],
  ["received corrupt message of type InvalidContentType", "protocol", "it does not speak TLS"],
  ["received fatal alert: ProtocolVersion", "protocol", "no TLS version in common"],
  ["something that is new", "protocol", "something that is new"],
];

for (const [text, problem, message] of TEXTS) {
  Deno.test(`tlsFailure() knows "${text}"`, PURE, () => {
    const failure = tlsFailure(new Deno.errors.InvalidData(text));
    const { problem: found } = failure;
    assertEquals([found, failure.message.slice(0, message.length)], [problem, message]);
  });
}

Deno.test("tlsFailure() tells a peer that left from one that is wrong", PURE, () => {
  const { UnexpectedEof, ConnectionReset, ConnectionAborted, BrokenPipe } = Deno.errors;
  for (const error of [UnexpectedEof, ConnectionReset, ConnectionAborted, BrokenPipe]) {
    assertEquals(tlsFailure(new error("tls handshake eof")).problem, "gone");
  }
  assertEquals(tlsFailure("no Error").message, "no Error");
});
