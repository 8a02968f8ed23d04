/**
 * As much of a certificate's DER as trust needs: its parts, and one made of them.
 *
 * @module
 */

/** Parts of a certificate (RFC 5280, 4.1), each with its tag and length, exactly as they stand. */
export interface Parts {
  /** The algorithm it is signed with. */
  algorithm: Uint8Array;
  /** The name of who signed it. */
  issuer: Uint8Array;
  /** From when to when. */
  validity: Uint8Array;
  /** The SubjectPublicKeyInfo. */
  key: Uint8Array;
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const VERSION_3 = Uint8Array.of(VERSION, 3, 2, 1, 2);
const SERIAL_NUMBER = Uint8Array.of(2, 1, 1);
const NO_SIGNATURE = Uint8Array.of(3, 1, 0);

/** Takes a certificate apart. Throws an Error when it is none. */
export function partsOf(certificate: Uint8Array): Parts {
  const [signed] = elementsOf(certificate);
  const fields = elementsOf(signed);
  if (fields[0]?.[0] === VERSION) fields.shift();
  const [, algorithm, issuer, validity, , key] = fields;
  if (!algorithm || !issuer || !validity || !key || key[0] !== SEQUENCE) throw damaged();
  return { algorithm, issuer, validity, key };
}

/**
 * A certificate for a list of trusted ones: it says that `key` is of `issuer`, so that whatever
 * names `issuer` as its own has to be signed with `key`. Nobody looks at its own signature.
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

/** Where the content of the element at `at` starts and ends. */
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
