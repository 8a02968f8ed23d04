/**
 * Standard input as bytes.
 *
 * @module
 */
import { stdinReader } from "../console/keyboard.ts";
import { byobSource, type ByteSource } from "../wire/io.ts";
import { ByteReader } from "../wire/reader.ts";

/** Opens standard input. It is untouched until the first read: a line editor may need it instead. */
export function openStdin(): ByteReader {
  let source: ByteSource | undefined;
  return new ByteReader({ read: (view) => (source ??= byobSource(stdinReader())).read(view) });
}
