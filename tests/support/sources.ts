/**
 * Byte sources for tests of the wire, pull-based as sockets are.
 *
 * @module
 */
import type { ByteSource } from "../../lib/wire/io.ts";

/** A source that gives each piece in a read of its own (or more reads), then ends. */
export function pieces(...all: Uint8Array[]): ByteSource {
  const left = all.filter((piece) => piece.length > 0);
  return {
    read(view) {
      const piece = left[0];
      if (piece === undefined) return Promise.resolve(null);
      const count = Math.min(view.length, piece.length);
      view.set(piece.subarray(0, count));
      if (count === piece.length) left.shift();
      else left[0] = piece.subarray(count);
      return Promise.resolve(count);
    },
  };
}

/** A source that gives `bytes` cut at the given points. */
export function cut(bytes: Uint8Array, points: number[]): ByteSource {
  const sorted = [0, ...points.map((point) => point % (bytes.length + 1)), bytes.length]
    .sort((a, b) => a - b);
  return pieces(...sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end)));
}

/** A source that gives one byte at a time. */
export function drip(bytes: Uint8Array): ByteSource {
  return pieces(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)));
}

/** Several pieces of bytes as one. */
export function concat(...all: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Text in UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Bytes that look random and are the same in every run (an LCG). */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
