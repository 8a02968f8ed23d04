/**
 * Messages of the cases.
 *
 * @module
 */

/** A text with a line end. */
export function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\n`);
}

/** Digits that do not repeat, with a line end as the last byte: what comes twice is recognized. */
export function digits(size: number): Uint8Array {
  let state = 88_172_645;
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) { // Uint8Array.from takes ten times as long
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = 0x30 + (state >>> 0) % 10;
  }
  bytes[size - 1] = 0x0a;
  return bytes;
}
