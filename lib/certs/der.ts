/**
 * The part of DER that is needed here: a certificate's fields and extensions, and a new certificate
 * made of them.
 *
 * @module
 */

/** Fields of a certificate (RFC 5280, 4.1), each with its tag and length, byte for byte. */
export interface Parts {
  /** The algorithm of its signature. */
  algorithm: Uint8Array;
  /** The name of the authority that signed it. */
  issuer: Uint8Array;
  /** The time of its validity. */
  validity: Uint8Array;
  /** The SubjectPublicKeyInfo. */
  key: Uint8Array;
  /** The extensions, for `extensionsIn`; undefined: it has none. */
  extensions: Uint8Array | undefined;
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const OBJECT_IDENTIFIER = 0x06;
const VERSION_3 = Uint8Array.of(VERSION, 3, 2, 1, 2);
const SERIAL_NUMBER = Uint8Array.of(2, 1, 1);
const NO_SIGNATURE = Uint8Array.of(3, 1, 0);

/** The fields of a certificate. Throws an Error for anything else. */
export function partsOf(certificate: Uint8Array): Parts {
  const [signed] = elementsOf(certificate);
  const fields = elementsOf(signed);
  if (fields[0]?.[0] === VERSION) fields.shift();
  const [, algorithm, issuer, validity, , key] = fields;
  if (!algorithm || !issuer || !validity || !key || key[0] !== SEQUENCE) throw damaged();
  const extensions = fields.find(([tag]) => tag === EXTENSIONS);
  return { algorithm, issuer, validity, key, extensions };
}

/** The values of a certificate's extensions, by their identifiers: `2.5.29.17`. */
export function extensionsIn({ extensions: field }: Parts): Map<string, Uint8Array> {
  if (field === undefined) return new Map();
  const entries = elementsOf(contentOf(field)).map((extension) => {
    const parts = elementsOf(extension);
    return [identifier(parts[0]), contentOf(parts.at(-1)!)] as const;
  });
  return new Map(entries);
}

/** The identifier of an algorithm, which may have parameters too. */
export function algorithmIn(whole: Uint8Array): string {
  return identifier(elementsOf(whole)[0]);
}

const SUBJECT_ALT_NAME = "2.5.29.17";
/** The tags of names and of addresses in a subjectAltName (RFC 5280, 4.2.1.6). */
const DNS_NAME = 0x82, IP_ADDRESS = 0x87;

/** The names and addresses that a certificate, DER, is for. Throws an Error for anything else. */
export function namesIn(certificate: Uint8Array): string[] {
  const names = extensionsIn(partsOf(certificate)).get(SUBJECT_ALT_NAME);
  return (names === undefined ? [] : elementsOf(names)).flatMap((element) => {
    const content = contentOf(element);
    if (element[0] === DNS_NAME) return [new TextDecoder().decode(content)];
    return element[0] === IP_ADDRESS ? [addressOf(content)] : [];
  });
}

function addressOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8 | bytes[2 * i + 1]!));
  return groups.map((group) => group.toString(16)).join(":");
}

/** The identifiers in a SEQUENCE of them. */
export function identifiersIn(whole: Uint8Array): string[] {
  return elementsOf(whole).map(identifier);
}

/** An object identifier in its usual form: `2.5.29.17`. */
function identifier(element: Uint8Array | undefined): string {
  if (element === undefined || element[0] !== OBJECT_IDENTIFIER) throw damaged();
  const numbers: number[] = [];
  let number = 0;
  for (const byte of contentOf(element)) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers; // the first one is two: 40 times the one, and the other
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...others].join(".");
}

/**
 * A certificate for a list of trusted authorities. It says that `key` belongs to `issuer`, so every
 * certificate of that issuer must be signed with `key`. TLS libraries do not check the signature of
 * a trusted authority itself, so it has none.
 */
export function anchorOf({ algorithm, issuer, validity, key }: Parts): Uint8Array {
  const subject = issuer;
  const fields = [VERSION_3, SERIAL_NUMBER, algorithm, issuer, validity, subject, key];
  return sequence(sequence(...fields), algorithm, NO_SIGNATURE);
}

/** The elements of a SEQUENCE. */
function elementsOf(whole: Uint8Array | undefined): Uint8Array[] {
  if (whole === undefined || whole[0] !== SEQUENCE) throw damaged();
  const elements: Uint8Array[] = [];
  for (let { start, end } = extentOf(whole, 0); start < end;) {
    const { end: next } = extentOf(whole, start);
    if (next > end) throw damaged();
    elements.push(whole.subarray(start, next));
    start = next;
  }
  return elements;
}

/** The content of an element. */
function contentOf(element: Uint8Array): Uint8Array {
  const { start, end } = extentOf(element, 0);
  return element.subarray(start, end);
}

/** Start and end of the content of the element at `at`. */
function extentOf(bytes: Uint8Array, at: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0xff;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + octets;
  if (octets > 3 || start > bytes.length) throw damaged();
  let length = octets === 0 ? first : 0;
  for (const octet of bytes.subarray(at + 2, start)) length = length << 8 | octet;
  if (start + length > bytes.length) throw damaged();
  return { start, end: start + length };
}

function sequence(...elements: Uint8Array[]): Uint8Array {
  const length = elements.reduce((sum, one) => sum + one.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) octets.unshift(rest & 0xff);
  const size = length < 0x80 ? [length] : [0x80 | octets.length, ...octets];
  const whole = new Uint8Array(1 + size.length + length);
  whole.set([SEQUENCE, ...size]);
  let at = 1 + size.length;
  for (const element of elements) {
    whole.set(element, at);
    at += element.length;
  }
  return whole;
}

function damaged(): Error {
  return new Error("it is damaged");
}
